"""The categories that every group starts with: codes that stay, labels in English and Arabic.

An event holds a code. Codes that are not here are the group's own, or a later version's, and are shown as they are.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CATEGORIES", "Category", "category"]


class Category(NamedTuple):
    """One category: its code, and what it is called."""

    code: str
    english: str
    arabic: str


CATEGORIES = (
    Category("food", "Food", "الغذاء"),
    Category("water", "Water", "الماء"),
    Category("med", "Medicine & health", "الدواء والصحة"),
    Category("mind", "Emotional & spiritual", "الدعم النفسي والروحي"),
    Category("shelter", "Shelter & housing", "المأوى والسكن"),
    Category("power", "Energy & connection", "الطاقة والاتصال"),
    Category("move", "Transport & errands", "النقل والمشاوير"),
    Category("care", "Care of people", "رعاية الناس"),
    Category("hygiene", "Hygiene & dignity", "النظافة والكرامة"),
    Category("home", "Clothing & household", "ملابس ومستلزمات البيت"),
    Category("learn", "Learning", "التعليم"),
    Category("legal", "Legal, papers, language", "قانون ووثائق وترجمة"),
    Category("money", "Money & livelihood", "المال وسبل العيش"),
    Category("safe", "Protection & presence", "الحماية والمرافقة"),
    Category("skill", "Skills & hands", "مهارات وأيدٍ عاملة"),
    Category("animal", "Animals", "الحيوانات"),
    Category("other", "Other", "أخرى"),
)
"""In the order in which a group is shown them."""

_BY_CODE = {entry.code: entry for entry in CATEGORIES}


def category(code: str) -> Category | None:
    """Return the category of a code, or ``None`` if it is the group's own."""
    return _BY_CODE.get(code)
