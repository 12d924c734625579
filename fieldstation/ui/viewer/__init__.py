"""The picture on its black ground: pyramid, window, zoom and pan, and what is written over it.

The only place in ``ui`` that works on pixels (cv2 and numpy). It knows pictures, not studies.
"""
