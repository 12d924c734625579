"""The one place where tokens become a palette and a style sheet; everything else paints with tokens directly."""

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from fieldstation.ui import fonts, theme
from fieldstation.ui.theme import Theme, Tone


def _palette(look: Theme) -> QPalette:
    palette = QPalette()
    for role, tone in (
        (QPalette.ColorRole.Window, Tone.BACKGROUND),
        (QPalette.ColorRole.Base, Tone.SURFACE),
        (QPalette.ColorRole.AlternateBase, Tone.RAISED),
        (QPalette.ColorRole.Button, Tone.RAISED),
        (QPalette.ColorRole.ToolTipBase, Tone.RAISED),
        (QPalette.ColorRole.WindowText, Tone.TEXT),
        (QPalette.ColorRole.Text, Tone.TEXT),
        (QPalette.ColorRole.ButtonText, Tone.TEXT),
        (QPalette.ColorRole.ToolTipText, Tone.TEXT),
        (QPalette.ColorRole.PlaceholderText, Tone.QUIET),
        (QPalette.ColorRole.Highlight, Tone.ACTION),
        (QPalette.ColorRole.HighlightedText, Tone.ON_ACTION),
    ):
        palette.setColor(role, look.color(tone))
    return palette


def _sheet(look: Theme) -> str:
    def hexed(tone: Tone) -> str:
        return look.base[tone]

    handle, hover = look.outline().name(), look.mixed(Tone.TEXT, 45).name()
    return f"""
QLineEdit {{ background: {hexed(Tone.SURFACE)}; color: {hexed(Tone.TEXT)}; border: 1px solid {handle};
  border-radius: 8px; padding: 0 12px; selection-background-color: {hexed(Tone.ACTION)};
  selection-color: {hexed(Tone.ON_ACTION)}; placeholder-text-color: {hexed(Tone.QUIET)}; }}
QLineEdit:focus {{ border: 2px solid {hexed(Tone.ACTION)}; padding: 0 11px; }}
QLineEdit[lead="icon"] {{ padding-left: 44px; }}
QLineEdit[lead="icon"]:focus {{ padding-left: 43px; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {handle}; border-radius: 4px; min-height: 44px; margin: 2px; }}
QScrollBar::handle:vertical:disabled {{ background: transparent; }}
QScrollBar::handle:vertical:hover {{ background: {hover}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
  background: transparent; border: none; height: 0; width: 0; }}
QMenu {{ background: {hexed(Tone.RAISED)}; color: {hexed(Tone.TEXT)}; border: 1px solid {handle}; padding: 4px; }}
QMenu::item {{ min-height: 44px; padding: 0 20px; border-radius: 4px; }}
QMenu::item:selected {{ background: {hover}; }}
QToolTip {{ background: {hexed(Tone.RAISED)}; color: {hexed(Tone.TEXT)}; border: 1px solid {handle}; padding: 6px; }}
"""


def apply(app: QApplication, look: Theme) -> None:
    """Show everything in this theme."""
    theme.use(look)
    app.setFont(fonts.font(fonts.Role.BODY))
    app.setPalette(_palette(look))
    app.setStyleSheet(_sheet(look))
