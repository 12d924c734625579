"""The office end of the resumable upload: it takes images over tus 1.0, passes them on to the PACS, and gives receipts.

An optional extra, started by ``fieldstation gateway serve``; it wires itself, and nothing on the vehicle's side imports
it. The only place that knows Starlette and uvicorn, and that keeps a ledger of its own. Images reach the PACS through
``upload``'s sender and destinations. Nothing here shows or logs who the patient is.
"""
