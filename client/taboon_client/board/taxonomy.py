"""The categories that every group starts with: two levels of codes that stay, with labels and other words for each.

An event holds a code. Codes that are not here are the group's own, or a later version's (:mod:`.vocabulary`), and are
shown as they are. The Arabic labels wait for a native speaker's look.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CATEGORIES", "SUBCATEGORIES", "Category", "category"]


class Category(NamedTuple):
    """One category: its code, what it is called, the code above it, and other words for it in both languages."""

    code: str
    english: str
    arabic: str
    under: str = ""
    aliases: tuple[str, ...] = ()


def _aliases(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",") if word.strip())


# code | English | Arabic | other words; what is indented stands below the line above that is not.
_TABLE = """
food | Food | الغذاء | groceries, eat, hungry, أكل, طعام, مواد غذائية, تموين
  meal | Cooked meal | وجبة جاهزة | meals, lunch, dinner, hot food, وجبات, طبخة
  basket | Food basket | سلة غذائية | food parcel, rations, dry food, سلال, كرتونة
  bread | Bread | خبز | loaf, flour, عيش, رغيف, طحين
  infant | Infant formula | حليب أطفال | baby milk, formula, لبن أطفال, حليب رضع
  diet | Special diet | حمية خاصة | diabetic food, gluten free, low salt, حمية
water | Water | الماء | مياه, ماء
  drinking | Drinking water | مياه شرب | bottled water, potable water, ماء شرب, مياه معدنية
  tank | Filling a tank | تعبئة خزان | water truck, cistern, صهريج, خزان ماء
  purify | Purifying water | تنقية | filter, chlorine, tablets, فلتر, كلور
med | Medicine & health | الدواء والصحة | medical, health, doctor, صحة, طبي, علاج
  medicine | Medicine | دواء | drug, antibiotic, painkiller, أدوية, مضاد حيوي, مسكن
  chronic | Medicine for a chronic illness | دواء مزمن | insulin, blood pressure, asthma, أنسولين, ضغط, ربو
  firstaid | First aid | إسعاف أولي | bandage, wound, ambulance, إسعاف, ضماد, جرح
  device | Medical device | جهاز طبي | oxygen, wheelchair, nebuliser, crutches, أكسجين, كرسي متحرك, عكازات
  blood | Blood | دم | blood donor, transfusion, تبرع بالدم
  maternal | Mother and newborn | الأم والرضيع | pregnant, midwife, birth, حامل, ولادة, قابلة
mind | Emotional & spiritual | الدعم النفسي والروحي | support, stress, نفسي, دعم
  listen | Somebody to listen | استماع | talk, company, حديث
  visit | A visit | زيارة | visiting, lonely, زيارات, وحدة
  grief | Grief | حداد | mourning, loss, funeral, عزاء, فقدان
shelter | Shelter & housing | المأوى والسكن | housing, home, house, سكن, بيت, إيواء
  temporary | Place to stay | إيواء مؤقت | room, displaced, host, غرفة, نازحين, استضافة
  bedding | Bedding | أغطية | blanket, mattress, pillow, بطانيات, فرشات, مخدات
  repair | Repairs | ترميم | roof, window, plastic sheet, تصليح, سقف, شباك, نايلون
  rent | Rent | إيجار | landlord, أجار, أجرة
  storage | Storage | تخزين | warehouse, مستودع, مخزن
power | Energy & connection | الطاقة والاتصال | electricity, energy, كهرباء, طاقة
  charge | Charging | شحن | phone charging, power bank, battery, بطارية, باور بانك
  gas | Cooking gas | غاز | gas cylinder, canister, جرة غاز, أنبوبة
  fuel | Fuel | وقود | petrol, diesel, wood, بنزين, سولار, مازوت, حطب
  data | Internet or a SIM | إنترنت/شريحة | sim card, wifi, mobile data, نت, واي فاي, شريحة
move | Transport & errands | النقل والمشاوير | transport, car, نقل, سيارة, مشوار
  ride | A ride | توصيلة | taxi, lift, drive me, تكسي, توصيل شخص
  deliver | Delivery | توصيل | pick up, carry, courier, استلام, تسليم
  evacuate | Evacuation | إجلاء | leave, get out, إخلاء
  escort | Company on the way | مرافقة | walk with, accompany, مرافق
care | Care of people | رعاية الناس | caring, رعاية
  child | Child care | أطفال | babysit, kids, children, طفل, حضانة
  elder | Care of the old | مسنون | elderly, old people, كبار السن, مسن
  disability | Care with a disability | ذوو الإعاقة | disabled, special needs, إعاقة, احتياجات خاصة
hygiene | Hygiene & dignity | النظافة والكرامة | hygiene kit, نظافة
  diapers | Diapers | حفاضات | nappies, pampers, بامبرز, فوط أطفال
  period | Period products | فوط صحية | pads, sanitary, نسائية
  soap | Soap and cleaning | صابون | shampoo, detergent, شامبو, منظفات, معقم
home | Clothing & household | ملابس ومستلزمات البيت | household, أدوات منزلية
  clothes | Clothes | ملابس | shoes, clothing, ثياب, أحذية, كسوة
  winter | Winter things | شتوي | coat, heater, جاكيت, مدفأة, صوبة
  kitchen | Kitchen things | مطبخ | pots, stove, طناجر, أواني
  tools | Tools | أدوات | hammer, drill, عدة
learn | Learning | التعليم | school, education, مدرسة, تعليم
  books | Books and school things | كتب | notebooks, stationery, قرطاسية, دفاتر
  space | Place to learn | مساحة تعلم | classroom, صف
  tutor | Lessons | دروس | teacher, tutoring, مدرس, تدريس
legal | Legal, papers, language | قانون ووثائق وترجمة | law, قانوني
  papers | Papers | وثائق | documents, id card, passport, هوية, جواز, أوراق
  lawyer | Lawyer | محامٍ | legal advice, detained, محامي, استشارة قانونية
  translate | Translation | ترجمة | interpreter, مترجم
money | Money & livelihood | المال وسبل العيش | مال
  cash | Cash | نقد | money transfer, كاش, مصاري, حوالة
  work | Work | عمل | job, شغل, وظيفة
  seeds | Seeds and animals to start with | بذور | seedlings, farming, زراعة, شتل
  debt | Debt | دين | loan, قرض, ديون
safe | Protection & presence | الحماية والمرافقة | protection, حماية
  presence | Being there | حضور | witness, presence, شاهد
  safeplace | Safe place | مكان آمن | refuge, ملجأ
  missing | Missing person | مفقود | lost child, مفقودين, ضائع
skill | Skills & hands | مهارات وأيدٍ عاملة | volunteer, متطوع, مهارة
  medic | Medic | مسعف | nurse, paramedic, ممرض
  build | Building | بناء | carpenter, plumber, electrician, نجار, سباك, كهربائي
  cook | Cooking | طبخ | chef, طباخ
  tech | Computers and phones | تقنية | it, phone repair, كمبيوتر, تصليح هاتف
  drive | Driving | سائق | driver, سواق
animal | Animals | الحيوانات | pets, livestock, مواشي
  feed | Animal feed | علف | fodder, أعلاف
  vet | Vet | بيطري | sick animal, طبيب بيطري
other | Other | أخرى | misc, غير ذلك
"""


def _read(table: str) -> tuple[Category, ...]:
    found: list[Category] = []
    above = ""
    for row in table.strip("\n").splitlines():
        code, english, arabic, aliases = (cell.strip() for cell in row.split("|"))
        if not row.startswith(" "):
            above = code
        found.append(Category(code, english, arabic, above if row.startswith(" ") else "", _aliases(aliases)))
    return tuple(found)


_ALL = _read(_TABLE)
CATEGORIES = tuple(entry for entry in _ALL if not entry.under)
"""The upper level, in the order in which a group is shown it."""
SUBCATEGORIES = tuple(entry for entry in _ALL if entry.under)
"""The lower level, each under one of :data:`CATEGORIES`."""

_BY_CODE = {entry.code: entry for entry in _ALL}


def category(code: str) -> Category | None:
    """Return the category of a code of either level, or ``None`` if it is the group's own."""
    return _BY_CODE.get(code)
