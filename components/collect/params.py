"""Settings of `collect`: which public corpora to search, and on which unseen domains to judge."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from components.params import Section

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class SyntheticSource(Section):
    """Mechanical parts drawn by the program itself: no download."""

    format: Literal["synthetic"]
    name: Name
    """Name of the source; for an evaluation source also of its domain."""
    style: Literal["render", "photo", "blueprint", "pencil", "line", "thermal"]
    """How the parts are drawn."""
    images: PositiveInt
    """How many images to draw."""


class PublishedSource(Section):
    """What every published source may say of itself.

    A text field (caption, language, label, licence, url, author, key) is a column's name, a template with columns in
    braces (`{name_en}, {keywords_en}`), or empty: then the column with the usual name, if there is one. `language`,
    `licence`, `url` and `author` may also be a plain text that holds for every image.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    name: Name
    """Name of the source; for an evaluation source also of its domain."""
    path: str
    """File or folder: absolute, or relative to KAKEHASHI_HOME (the working directory where that is not set)."""
    where: dict[str, str | list[str]] = Field(default={})
    """Take only the rows whose column has this value (or one of these): `{style: noto, split: [train, val]}`."""
    caption: str = ""
    """The caption's column or template; empty: `caption`, `text` or `prompt`."""
    language: str = ""
    """ISO 639-1 code of the captions, or its column; empty: `language` or `lang`, else `en`."""
    label: str = ""
    """The true class's column or template; empty: `label`, `category` or `class` in evaluation, none in the corpus.

    In the corpus it measures what retrieval's pseudo-labels are worth, and chooses and teaches nothing.
    """
    licence: str = ""
    """The licence, or its column or template; empty: `licence` or `license`."""
    url: str = ""
    """Where the image was published, or its column or template; empty: `url`, `image_url` or `source_url`."""
    author: str = ""
    """Whom to credit, or the column or template; empty: `author`, `attribution` or `creator`."""
    key: str = ""
    """Column or template that tells the images of the source apart; empty: the place of the file."""
    limit: NonNegativeInt = 0
    """Stop after this many images; 0 takes all."""
    revision: str = ""
    """Free text: change it when files at `path` changed in place, for DVC does not look outside the project."""


class WebdatasetSource(PublishedSource):
    """Tar shards as img2dataset writes them: KEY.png + KEY.txt + KEY.json, or NNNNN.parquet beside NNNNN.tar."""

    format: Literal["webdataset"]


class TableSource(PublishedSource):
    """A csv, jsonl or parquet file with a row per image, and the image files beside it."""

    format: Literal["table"]
    image: str = ""
    """Column with the image's path; empty: `path`, `image`, `image_path`, `file`, `file_name` or `filename`."""
    images: str = ""
    """Folder that the paths are relative to; empty: the table's own folder."""


class FolderSource(PublishedSource):
    """A folder per class, named by the class: CLASS/…/image.jpg."""

    format: Literal["folder"]
    caption: str = "a photo of a {label}"
    """The caption's template; `{label}` is the class folder's name with blanks for underscores, `{file}` the path."""


class CocoSource(PublishedSource):
    """COCO annotations (captions or instances JSON) and a folder of images."""

    format: Literal["coco"]
    images: str = ""
    """Folder of the image files; empty: the annotation file's own folder."""


Source = Annotated[
    SyntheticSource | WebdatasetSource | TableSource | FolderSource | CocoSource, Field(discriminator="format")
]


class FaultRates(Section):
    """Faults planted in each synthetic corpus source, as shares of its images; what is not named is not planted."""

    broken: Share = 0.0
    """Files that no decoder reads to their end."""
    exact_duplicate: Share = 0.0
    """The same file as an earlier image."""
    near_duplicate: Share = 0.0
    """An earlier image, compressed again, brightened or with faint noise."""
    mismatched_caption: Share = 0.0
    """Captions that name another part."""
    empty_caption: Share = 0.0
    """Captions of nothing but blanks."""
    forbidden_licence: Share = 0.0
    """Licences that do not permit the use."""
    tiny: Share = 0.0
    """Thumbnails of 8 to 12 pixels."""
    evaluation_copy: Share = 0.0
    """Copies of images of a synthetic evaluation source."""


class SyntheticParams(Section):
    """What all synthetic sources share."""

    image_px: Annotated[int, Field(ge=16, le=1024)]
    """Side of the drawings, in pixels."""
    seed: NonNegativeInt
    """Fixes every drawing, caption and fault."""
    faults: FaultRates
    """Faults planted in the corpus for `validate` to catch."""


class CollectParams(Section):
    """The sources of the corpus and of the unseen domains, and how they are written down."""

    corpus: Annotated[list[Source], Field(min_length=1)]
    """What retrieval searches: public images with captions, in this order."""
    evaluation: Annotated[list[Source], Field(min_length=1)]
    """Unseen domains: labelled images that choose nothing and teach nothing."""
    synthetic: SyntheticParams
    """What all sources of format `synthetic` share."""
    images_per_shard: PositiveInt
    """Images in each tar shard."""
    workers: PositiveInt
    """Processes that draw and fingerprint; the result does not depend on it."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [source.name for source in [*self.corpus, *self.evaluation]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"The name `{twice[0]}` stands for two sources. Give each source a name of its own.")
        return self
