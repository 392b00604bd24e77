"""Captions of drawn parts in English and Japanese, in the voice of catalogues and alternative texts."""

from dataclasses import dataclass

import numpy as np

from components.collect.parts import CLASS_NAMES, Part

Rng = np.random.Generator
ENGLISH_SHARE = 0.7
SYNONYM_SHARE = 0.25
VAGUE_SHARE = 0.1
MOST_WORDS_EN = 12
MOST_CHARACTERS_JA = 30
COLOUR_STYLES = ("render", "photo")


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A caption and the ISO 639-1 code of its language."""

    text: str
    language: str


SYNONYMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "hex bolt": (("hexagon head screw", "hex cap screw", "hexagon bolt"), ("六角頭ボルト", "六角頭ねじ")),
    "socket head screw": (("Allen bolt", "hex socket cap screw", "Allen screw"), ("キャップボルト", "六角穴ボルト")),
    "countersunk screw": (("flat head screw", "CSK screw"), ("皿小ねじ", "皿頭ねじ")),
    "eye bolt": (("lifting eye", "ring bolt"), ("吊りボルト", "輪付きボルト")),
    "U-bolt": (("U bolt pipe clamp", "U-shaped bolt"), ("U字ボルト",)),
    "hex nut": (("hexagon nut", "six-sided nut"), ("六角形ナット", "ヘキサゴンナット")),
    "wing nut": (("butterfly nut", "thumb nut"), ("ちょうナット", "手回しナット")),
    "cap nut": (("acorn nut", "dome nut"), ("ドームナット", "キャップナット")),
    "flat washer": (("plain washer", "round washer"), ("平ワッシャー", "丸ワッシャー")),
    "spring washer": (("split lock washer", "spring lock washer"), ("スプリングワッシャー", "ばねワッシャー")),
    "retaining ring": (("snap ring", "circlip"), ("スナップリング", "C形止め輪")),
    "rivet": (("solid rivet", "round head rivet"), ("丸リベット", "鋲")),
    "dowel pin": (("parallel pin", "locating pin"), ("ダウエルピン", "位置決めピン")),
    "cotter pin": (("split pin", "cotter"), ("割りピン", "コッターピン")),
    "woodruff key": (("half-moon key", "half-round shaft key"), ("ウッドラフキー", "半円キー")),
    "spur gear": (("toothed wheel", "straight-cut gear"), ("スパーギヤ", "平ギヤ")),
    "bevel gear": (("conical gear", "mitre gear"), ("ベベルギヤ", "傘歯車")),
    "rack gear": (("toothed rack", "linear gear rack"), ("ラックギヤ", "直線歯車")),
    "sprocket": (("chain wheel", "chain sprocket"), ("鎖歯車", "チェーンホイール")),
    "roller chain": (("drive chain", "bush roller chain"), ("伝動チェーン", "駆動チェーン")),
    "ball bearing": (("deep groove bearing", "rolling bearing"), ("ボールベアリング", "深溝軸受")),
    "V-belt pulley": (("grooved pulley", "V-pulley", "sheave"), ("Vベルト車", "溝付きプーリ")),
    "shaft coupling": (("jaw coupling", "flexible coupling"), ("カップリング", "ジョーカップリング")),
    "stepped shaft": (("shouldered shaft", "turned shaft"), ("段付き軸", "段付シャフト")),
    "crankshaft": (("crank shaft", "engine crank"), ("クランクシャフト",)),
    "cam": (("disc cam", "eccentric cam plate"), ("ディスクカム", "偏心カム")),
    "compression spring": (("pressure spring", "open coil spring"), ("押しばね", "圧縮コイルばね")),
    "extension spring": (("tension spring", "pull spring"), ("引きばね", "引張コイルばね")),
    "torsion spring": (("torsional spring", "twist spring"), ("トーションばね", "ねじりコイルばね")),
    "L-bracket": (("angle bracket", "corner brace"), ("L字金具", "アングル金具")),
    "pipe flange": (("weld neck flange", "piping flange"), ("配管フランジ", "パイプフランジ")),
    "butt hinge": (("door hinge", "leaf hinge"), ("丁番", "蝶番金具")),
    "clevis": (("fork head", "yoke end"), ("フォークエンド", "ヨーク継手")),
    "hose clamp": (("hose clip", "worm drive clamp"), ("ホースクランプ", "ホースクリップ")),
}
"""Other names of each class, English and Japanese."""

METALS = {
    "zinc": ("zinc-plated", "亜鉛めっき"),
    "stainless": ("stainless steel", "ステンレス"),
    "black oxide": ("black oxide", "黒染め"),
    "brass": ("brass", "黄銅"),
    "yellow zinc": ("yellow zinc", "クロメート"),
    "copper": ("copper", "銅製"),
    "aluminium": ("aluminium", "アルミ製"),
    "cast iron": ("cast iron", "鋳鉄製"),
    "nickel": ("nickel-plated", "ニッケルめっき"),
    "blued": ("blued steel", "青焼き"),
    "steel": ("steel", "鋼製"),
    "galvanised": ("galvanised", "溶融亜鉛めっき"),
    "bronze": ("bronze", "青銅製"),
}
VIEWS = {
    "front": (("front view", "seen from the front"), ("正面図", "正面")),
    "side": (("side view", "in profile"), ("側面図", "側面")),
    "tilted": (("angled view", "three-quarter view"), ("斜視図", "斜めから")),
}
STYLE_WORDS = {
    "render": (("catalogue image", "3D render", "product render"), ("カタログ画像", "3D画像")),
    "photo": (("photo", "workshop photo", "close-up photo"), ("写真", "実物写真")),
    "pencil": (("pencil sketch", "hand sketch"), ("鉛筆スケッチ", "手描き")),
    "line": (("line drawing", "technical drawing"), ("線画", "製図")),
    "blueprint": (("blueprint", "engineering drawing"), ("青図", "設計図")),
    "thermal": (("thermal image", "infrared image"), ("熱画像", "サーモグラフィ")),
}
VAGUE_EN = (
    "industrial hardware, stock photo",
    "machine component, product image",
    "metal part on plain ground",
    "spare part for machinery",
    "workshop item, close-up",
    "mechanical component, item {n}",
    "replacement part no. {n}",
    "hardware store article {n}",
    "engineering supplies, sample picture",
)
VAGUE_JA = (
    "機械部品 素材写真",
    "工業用部品 商品画像",
    "金属パーツ 在庫品",
    "補修用部品 品番{n}",
    "産業機器の部品",
    "工場用品 品番{n}",
    "メカ部品のイメージ",
)


def known_names(label: str) -> tuple[str, ...]:
    """Every name by which a caption may call the class, English and Japanese."""
    return (label, dict(CLASS_NAMES)[label], *SYNONYMS[label][0], *SYNONYMS[label][1])


def write_caption(part: Part, *, style: str, rng: Rng, vague_share: float = VAGUE_SHARE) -> Caption:
    """What a catalogue might say of the part: at most 12 English words or 30 Japanese characters.

    A share of `vague_share` names no class, a share of `SYNONYM_SHARE` of the rest uses another name of it.
    """
    english = rng.random() < ENGLISH_SHARE
    if rng.random() < vague_share:
        text = _pick(VAGUE_EN if english else VAGUE_JA, rng).format(n=rng.integers(1000, 10000))
    elif english:
        text = english_text(part, style=style, rng=rng)
    else:
        text = japanese_text(part, style=style, rng=rng)
    return Caption(text=text, language="en" if english else "ja")


def english_text(part: Part, *, style: str, rng: Rng) -> str:
    """For example 'zinc-plated hex bolt, M8 x 40, side view'."""
    name = _name(part.label, 0, rng)
    metal = METALS[part.material][0] if _tells_metal(style, rng) else ""
    size = part.size_en if rng.random() < 0.5 else ""
    view = _pick(VIEWS[part.view][0], rng) if rng.random() < 0.35 else ""
    medium = _pick(STYLE_WORDS[style][0], rng) if rng.random() < 0.4 else ""
    named = " ".join(word for word in (metal, name) if word)
    form = int(rng.integers(4))
    if form == 0 and medium:
        text = ", ".join(word for word in (f"{medium} of {article(named)} {named}", size, view) if word)
    elif form == 1 and metal:
        text = ", ".join(word for word in (name, size, metal, view, medium) if word)
    elif form == 2 and size:
        text = ", ".join(word for word in (f"{size} {named}", view, medium) if word)
    else:
        text = ", ".join(word for word in (named, size, view, medium) if word)
    if rng.random() < 0.3:
        text = text[0].upper() + text[1:]
    return text if len(text.split()) <= MOST_WORDS_EN else named


def japanese_text(part: Part, *, style: str, rng: Rng) -> str:
    """For example 'M8x40 六角ボルト 亜鉛めっき 側面図'."""
    name = _name(part.label, 1, rng)
    metal = METALS[part.material][1] if _tells_metal(style, rng) else ""
    size = part.size_ja if rng.random() < 0.5 else ""
    view = _pick(VIEWS[part.view][1], rng) if rng.random() < 0.35 else ""
    medium = _pick(STYLE_WORDS[style][1], rng) if rng.random() < 0.4 else ""
    forms = (
        (size, name, metal, view, medium),
        (name, size, metal, view, medium),
        (metal, name, size, view, medium),
        (f"{name}の{medium}" if medium else name, size, metal, view),
    )
    text = " ".join(word for word in forms[int(rng.integers(4))] if word)
    return text if len(text) <= MOST_CHARACTERS_JA else name


def article(words: str) -> str:
    """The indefinite article that English puts before the words."""
    return "an" if words[0].lower() in "aeio" else "a"


def _name(label: str, language: int, rng: Rng) -> str:
    if rng.random() < SYNONYM_SHARE:
        return _pick(SYNONYMS[label][language], rng)
    return (label, dict(CLASS_NAMES)[label])[language]


def _tells_metal(style: str, rng: Rng) -> bool:
    return bool(rng.random() < (0.6 if style in COLOUR_STYLES else 0.25))


def _pick(choices: tuple[str, ...], rng: Rng) -> str:
    return choices[int(rng.integers(len(choices)))]
