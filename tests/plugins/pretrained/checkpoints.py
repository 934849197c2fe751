"""Small checkpoints with random weights, as the libraries save them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch

from automl_pretrained.backed import BackedFamily
from automl_pretrained.libraries import lack

F = TypeVar("F", bound=BackedFamily)

TEXT = (
    "the a table of and one gloomy rain broken late sunny bright quick kind dull poor fine film no plot was slow that "
    "is warm says reader 0 1 2 3 4 5 6 7 8 9"
)
WORDS = TEXT.split()


def need(library: str) -> None:
    """Skip a test that needs a library which cannot be used here, with the reason."""
    if why := lack(library):
        pytest.skip(why)


def equipped(family: F, folders: list[Path]) -> F:
    """Return the family with all of these checkpoints."""
    for folder in folders:
        found = family.with_backbone(folder)
        assert found is not None
        family = found
    return family


def make_tokenizer(folder: Path) -> None:
    """Whole words, with a first and a last token."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def bert_config(**changes: Any) -> Any:
    from transformers import BertConfig

    sizes: dict[str, Any] = {
        "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
        "max_position_embeddings": 66, "initializer_range": 0.2,
    }  # fmt: skip
    return BertConfig(**{**sizes, **changes})


def make_texts(folder: Path, **changes: Any) -> Path:
    """A BERT of two layers and its tokenizer."""
    from transformers import BertModel

    return save_model(BertModel, bert_config(**changes), folder)


def save_model(kind: Any, config: Any, folder: Path) -> Path:
    """Save a model of this class with random weights, always the same, and the tokenizer."""
    from automl_pretrained.texts import quiet

    folder.mkdir(parents=True)
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        kind(config).save_pretrained(folder)
    make_tokenizer(folder)
    return folder


def make_images(folder: Path, architecture: str = "test_resnet", **changes: Any) -> Path:
    """A network of timm's own for tests, with a classifier of ten labels."""
    import timm
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = timm.create_model(architecture, pretrained=False, num_classes=10)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    told = {"input_size": [3, 64, 64], "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "fixed_input_size": False}
    config = {"architecture": architecture, "num_classes": 10, "pretrained_cfg": told, **changes}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def reconfigure(folder: Path, **changes: Any) -> None:
    """Change entries of a checkpoint's configuration."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
