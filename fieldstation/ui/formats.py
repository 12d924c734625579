"""Values as people read them: names, ages, times, sizes, rates. Words come from the catalogue."""

import math
import re
from datetime import date, datetime

from fieldstation.domain.patients import Sex
from fieldstation.services.words import person_name, text


def counted(noun: str, number: int) -> str:
    """``3 images``: key ``ui.<noun>_one`` or ``ui.<noun>_many`` of the catalogue."""
    return text(f"ui.{noun}_{'one' if number == 1 else 'many'}", n=number)


def plates(unread: int, undecided: int, unassigned: int) -> str:
    """``1 plate unread · 2 undecided · 1 unassigned``; empty where none waits."""
    return joined(
        counted("unread", unread) if unread else "",
        text("ui.undecided", n=undecided) if undecided else "",
        text("ui.unassigned", n=unassigned) if unassigned else "",
    )


def joined(*parts: str) -> str:
    """The parts that are not empty, parted by a middle dot."""
    return " · ".join(part for part in parts if part)


def clock(moment: datetime) -> str:
    """``10:42``, local."""
    return moment.astimezone().strftime("%H:%M")


def clock_with_seconds(moment: datetime) -> str:
    """``10:42:07``, local."""
    return moment.astimezone().strftime("%H:%M:%S")


def day(value: date) -> str:
    """``12 Mar 1942``."""
    return f"{value.day} {text(f'ui.month_{value.month}')} {value.year}"


def long_day(moment: datetime) -> str:
    """``Tuesday 14 October``, local."""
    local = moment.astimezone()
    return f"{text(f'ui.weekday_{local.weekday()}')} {local.day} {text(f'ui.month_long_{local.month}')}"


def sex(value: Sex) -> str:
    """``female``."""
    return text(f"ui.sex_{value.value.lower()}")


def facts(age: int | None, of_sex: Sex, born: date | None) -> str:
    """``83 y · female · 12 Mar 1942``."""
    return joined(text("ui.age_short", n=age) if age is not None else "", sex(of_sex), day(born) if born else "")


def room(value: str) -> str:
    """``Room 214``; a room that already says what it is stays as it is."""
    return text("ui.room_number", n=value) if value[:1].isdigit() else value


def doctor(name: str) -> str:
    """``Dr. Hale``: the family name of a referring physician."""
    return text("ui.doctor", name=person_name(name).split(",")[0]) if name else ""


def span(seconds: float) -> str:
    """``38 s``, ``4 min``, ``2 h 5 min``: rounded up, so that nothing is promised too early."""
    whole = max(0, math.ceil(seconds))
    if whole < 60:
        return text("ui.span_seconds", n=whole)
    minutes = math.ceil(whole / 60)
    if minutes < 60:
        return text("ui.span_minutes", n=minutes)
    return text("ui.span_hours", h=minutes // 60, m=minutes % 60)


def time_left(due: datetime, now: datetime) -> str:
    """``38 min left`` or ``12 min over``."""
    seconds = (due - now).total_seconds()
    return text("ui.time_left", span=span(seconds)) if seconds >= 0 else text("ui.time_over", span=span(-seconds))


def about(seconds: float) -> str:
    """``about 4 min``."""
    return text("ui.about", span=span(seconds))


def percent(fraction: float) -> str:
    """``57 %``: rounded down, so that 100 % means all."""
    return text("ui.percent", n=_whole_percent(fraction))


def reading(fraction: float) -> str:
    """``Reading 57 %``."""
    return text("ui.reading_percent", n=_whole_percent(fraction))


def _whole_percent(fraction: float) -> int:
    return math.floor(fraction * 100 + 1e-6)


def megabytes(size: int) -> str:
    """``27.2``, in MB."""
    return f"{size / 1e6:.1f}"


def rate(bytes_per_second: float) -> str:
    """``1.2 Mbit/s`` or ``340 kbit/s``."""
    bits = bytes_per_second * 8
    return f"{bits / 1e6:.1f} Mbit/s" if bits >= 1e6 else f"{bits / 1e3:.0f} kbit/s"


def signed(value: float) -> str:
    """``+0.4`` or ``−1.2``, with a real minus sign."""
    return f"{'−' if value < 0 else '+'}{abs(value):.1f}"


def number(value: float) -> str:
    """``85`` or ``3.2``."""
    return f"{value:g}"


def plate_size(code: str) -> str:
    """``35 × 43 cm`` from a Cassette Size (0018,1403) such as ``35CMX43CM``; as it is where it is none."""
    found = re.fullmatch(r"(\d+)(CM|IN)X(\d+)\2", code)
    return f"{found[1]} × {found[3]} {found[2].lower()}" if found else code


def tenths(value: float) -> str:
    """With one decimal, always."""
    return f"{value:.1f}"
