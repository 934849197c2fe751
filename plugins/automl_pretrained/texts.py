"""Checkpoints of the transformers library as readers of texts: the mean of the last layer's tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from automl.plugin import OptionError, Role, storable
from automl_pretrained.network import Network
from automl_torch.nets.series import mask_of
from automl_torch.nets.words import padded

TOKENS = (64, 128, 256)
"""Tokens that a text may be cut to; attention costs the square of it."""
_LONGEST_TEXT = 5000  # characters that are looked at
_USUAL = 48  # tokens of a text that nothing is known about
TOKENIZER = "tokenizer.json"

# What a configuration says about where and how to run code, which is not for a file to say, or about precision.
_LEFT_OUT = frozenset(
    {
        "auto_map", "custom_pipelines", "attn_implementation", "experts_implementation", "name_or_path", "torch_dtype",
        "dtype", "quantization_config", "transformers_version", "architectures", "model_type", "use_cache",
        "return_dict", "output_hidden_states", "output_attentions",
    }
)  # fmt: skip


@storable("pretrained.texts")
@dataclass(frozen=True, kw_only=True)
class TextNetwork(Network):
    """An encoder of texts, with its tokenizer in the JSON of the `tokenizers` library and its padding token."""

    tokenizer: str
    padding: int

    @property
    def library(self) -> str:
        """It is built by transformers."""
        return "transformers"

    @property
    def role(self) -> Role:
        """It reads columns of texts."""
        return Role.TEXT

    def build(self) -> nn.Module:
        """Return the network of the library's own class for this configuration."""
        from transformers import AutoModel, initialization

        config = config_of(json.loads(self.config))
        if not _reads_texts(config):
            raise ValueError(f"a network of the kind {config.model_type} reads no texts")
        with quiet(), torch.random.fork_rng(devices=[]), initialization.no_init_weights():
            module: nn.Module = _without_pooler(AutoModel.from_config(config, trust_remote_code=False))
        return module

    def read(self, cells: Sequence[Any], detail: int) -> tuple[Tensor, ...]:
        """Return token numbers (n_rows, n_tokens) int64 and their lengths (n_rows,) int64."""
        tokenizer = self._tokenizer
        tokenizer.enable_truncation(detail)
        found = tokenizer.encode_batch([(cell or "")[:_LONGEST_TEXT] for cell in cells])
        return padded([one.ids for one in found])

    def forward(self, module: nn.Module, tensors: Sequence[Tensor], detail: int) -> Tensor:
        """Return the mean over a text's tokens."""
        words, lengths = tensors
        words = words[:, : int(lengths.max())]
        mask = mask_of(lengths, words.shape[1])
        states = module(input_ids=words.masked_fill(~mask, self.padding), attention_mask=mask.long()).last_hidden_state
        found: Tensor = (states.float() * mask[:, :, None]).sum(dim=1) / lengths[:, None]
        return found

    def products(self, detail: int) -> float:
        """A product for each weight and each token."""
        return float(self.size * min(detail, _USUAL))

    def lengths(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Return the numbers of tokens."""
        return tensors[1]

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self.tokenizer)
        tokenizer.no_padding()
        return tokenizer


def open_texts(folder: Path, config: Mapping[str, Any]) -> tuple[TextNetwork, dict[str, Tensor]]:
    """Read a checkpoint's folder; raise `OptionError` where it holds no encoder of texts, or no weights for it."""
    from automl_pretrained.weights import digest, exact

    kind = config["model_type"]
    model = _load(folder, config)
    tensors = exact(model.state_dict())
    kept = json.loads(model.config.to_json_string(use_diff=True))
    positions = getattr(model.config, "max_position_embeddings", None) or TOKENS[-1] + 2
    longest = max(1, int(positions) - 2)  # two positions are taken where numbering starts after the padding
    padding = getattr(model.config, "pad_token_id", None)
    weights = sum(tensor.numel() for tensor in tensors.values())
    vocabulary = int(model.config.vocab_size) * int(model.config.hidden_size)
    network = TextNetwork(
        config=json.dumps({**cleaned(kept), "model_type": kind}, sort_keys=True),
        digest=digest(tensors),
        size=max(weights - vocabulary, weights // 20),
        width=int(model.config.hidden_size),
        details=tuple(sorted({min(tokens, longest) for tokens in TOKENS})),
        tokenizer=_tokenizer(folder),
        padding=padding if isinstance(padding, int) else 0,
    )
    words = torch.tensor([[network.padding] * 3]), torch.tensor([3])
    with torch.inference_mode():
        found = network.forward(model, words, network.details[0])
    if found.shape != (1, network.width) or not bool(torch.isfinite(found).all()):
        raise ValueError(f"it gives {tuple(found.shape)} values for a text of three tokens, or none that are finite")
    return network, tensors


def config_of(config: Mapping[str, Any]) -> Any:
    """Return the library's configuration, made by a class of its own."""
    from transformers import AutoConfig

    with quiet():
        made = AutoConfig.for_model(config["model_type"], **cleaned(config))
    made.use_cache = False
    return made


def cleaned(config: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what says where and how to run code."""
    return {name: value for name, value in config.items() if name not in _LEFT_OUT and not name.startswith("_")}


def _reads_texts(config: Any) -> bool:
    """Whether the library's class for a configuration takes tokens alone; asked before anything is built by it."""
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    found = MODEL_MAPPING[type(config)]
    kind = found[0] if isinstance(found, tuple | list) else found
    return getattr(kind, "main_input_name", "") == "input_ids" and not config.is_encoder_decoder


def _load(folder: Path, config: Mapping[str, Any]) -> Any:
    from transformers import AutoModel
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    kind = config["model_type"]
    if kind not in MODEL_MAPPING_NAMES:
        raise OptionError(
            f"the backbone '{folder}' is of the kind '{kind}', which this version of transformers does not know: "
            "upgrade transformers, or give another checkpoint"
        )
    if "quantization_config" in config:
        raise OptionError(
            f"the backbone '{folder}' is quantised, which cannot be trained on: give the plain checkpoint"
        )
    known = config_of(config)
    if not _reads_texts(known):
        raise OptionError(
            f"the backbone '{folder}' is a {kind} network, which reads no plain texts: give an encoder of texts such "
            "as BERT, or a timm checkpoint for images"
        )
    with quiet():
        model, told = AutoModel.from_pretrained(
            folder,
            config=known,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    if lacking := sorted(name for name in told["missing_keys"] if not name.startswith("pooler.")):
        raise OptionError(
            f"the backbone '{folder}' lacks {len(lacking)} of the weights of its architecture, {lacking[0]} among "
            "them: give a whole checkpoint"
        )
    return _without_pooler(model).eval()


def _tokenizer(folder: Path) -> str:
    from tokenizers import Tokenizer

    path = folder / TOKENIZER
    if not path.is_file():
        raise OptionError(
            f"the backbone '{folder}' has no {TOKENIZER}: save it with a fast tokenizer "
            "(AutoTokenizer.from_pretrained(...).save_pretrained(folder))"
        )
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return str(tokenizer.to_str())


def _without_pooler(model: Any) -> Any:
    """Leave out the layer that was made for another task, or is drawn at random where that task needed none."""
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's warnings and progress bars from the user."""
    from transformers.utils import logging

    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()
