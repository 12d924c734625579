"""Which view needs something next."""

from fieldstation.services.boards import StudyBoard, ViewCard, ViewState

_NEEDS = (ViewState.UNDECIDED, ViewState.PARTIAL, ViewState.EXPOSED, ViewState.REJECTED, ViewState.TO_EXPOSE)


def has_picture(card: ViewCard) -> bool:
    """Whether there is a picture to judge: of a rejected one the retake comes first, however far that has come."""
    rejected = {tried.image_uid for tried in card.rejected}
    return card.image_uid is not None and card.state is not ViewState.REJECTED and card.image_uid not in rejected


def waiting_for(board: StudyBoard | None, plate_id: str) -> ViewCard | None:
    """The view that is on that cassette and has no picture yet."""
    views = board.views if board else ()
    return next((view for view in views if view.plate_id == plate_id and not has_picture(view)), None)


def next_view(board: StudyBoard, after: str | None) -> ViewCard | None:
    """What is to be judged first, then what is to be read, then what is to be exposed; else the current view."""
    ids = [view.view_id for view in board.views]
    start = ids.index(after) + 1 if after in ids else 0
    turned = [*board.views[start:], *board.views[:start]]
    needing = [view for view in turned if view.state in _NEEDS]
    if needing:
        return min(needing, key=lambda view: _NEEDS.index(view.state))
    current = next((view for view in board.views if view.view_id == after), None)
    return current or (board.views[0] if board.views else None)


def pictures_of(board: StudyBoard) -> list[str]:
    """The latest picture of every view, and behind them what was taken before, to be compared with its retake."""
    latest = [view.image_uid for view in board.views if view.image_uid is not None]
    return [*latest, *(tried.image_uid for view in board.views for tried in view.rejected[-1:])]
