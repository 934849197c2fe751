"""Texts as tokens that were learned on the training rows, read by an encoder trained from scratch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from automl.plugin import Features, storable
from automl_torch.nets.branch import Branch
from automl_torch.nets.series import mask_of
from automl_torch.nets.words import PAD, UNKNOWN, padded
from automl_transformer.encoder import Encoder

LONGEST = 192  # tokens; attention costs the square of it
_USUAL = 98  # percentile of the training texts' lengths that is kept
_LONGEST_TEXT = 5000  # characters that are looked at
_FORGOTTEN = 0.1  # share of the tokens that training reads as unknown


@storable("transformer.texts")
@dataclass(frozen=True, kw_only=True)
class Texts(Branch):
    """A column of texts: a tokenizer in the JSON of the `tokenizers` library (byte pairs, learned from training rows),
    the number of its tokens, the number of tokens that a text is cut to, and the encoder's sizes.
    """  # fmt: skip

    tokenizer: str
    n_tokens: int
    longest: int
    depth: int
    heads: int
    dropout: float

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.tokenizer)

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return token numbers (n_rows, n_tokens) int64 and lengths (n_rows,) int64."""
        texts = [(text or "")[:_LONGEST_TEXT] for text in features.raw[self.columns[0]]]
        rows = [found.ids[: self.longest] for found in self._tokenizer.encode_batch(texts)]
        return padded(rows)

    def lengths(self, tensors: tuple[Tensor, ...]) -> Tensor | None:
        """Return the numbers of tokens."""
        return tensors[1]

    def module(self) -> nn.Module:
        """Return the network."""
        return _TextEncoder(self)


def learn_texts(features: Features, column: str, shape: tuple[int, int, int], dropout: float) -> Texts:
    """Learn a tokenizer from training rows; `shape` is the encoder's width, depth and heads."""
    texts = [(text or "")[:_LONGEST_TEXT] for text in features.raw[column]]
    tokenizer = _learn(texts)
    lengths = [len(found.ids) for found in tokenizer.encode_batch(texts)]
    longest = min(LONGEST, max(1, int(np.percentile(lengths, _USUAL))))
    width, depth, heads = shape
    return Texts(
        columns=(column,),
        width=width,
        tokenizer=tokenizer.to_str(),
        n_tokens=tokenizer.get_vocab_size(),
        longest=longest,
        depth=depth,
        heads=heads,
        dropout=dropout,
    )


def _learn(texts: Iterable[str]) -> Any:
    """Learn byte pairs (Sennrich, Haddow and Birch 2016, arXiv 1508.07909), fewer from few texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    texts = list(texts)
    size = int(min(8000, max(300, 1.5 * len(texts))))
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = ["[PAD]", "[UNK]"]  # the numbers 0 and 1
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=2, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


class _TextEncoder(nn.Module):
    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.embedding = nn.Embedding(max(texts.n_tokens, UNKNOWN + 1), texts.width, padding_idx=PAD)
        self.position = nn.Parameter(torch.randn(texts.longest, texts.width) * 0.1)
        self.encoder = Encoder(texts.width, texts.depth, texts.heads, texts.dropout)

    def forward(self, words: Tensor, lengths: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width): the mean of the encoded tokens."""
        words = words[:, : int(lengths.max())]
        if self.training:
            lost = (torch.rand(words.shape, device=words.device) < _FORGOTTEN) & (words != PAD)
            words = words.masked_fill(lost, UNKNOWN)
        mask = mask_of(lengths, words.shape[1])
        tokens = self.encoder(self.embedding(words) + self.position[: words.shape[1]], mask)
        found: Tensor = (tokens * mask[:, :, None]).sum(dim=1).float() / lengths[:, None]
        return found
