"""Folders as the libraries write them: what is read from them, and what is refused in words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("automl_pretrained", reason="needs the extra [pretrained]")

import torch

from automl.cli.main import run
from automl.plugin import OptionError, Role
from automl_pretrained.checkpoint import open_checkpoint, opened
from automl_pretrained.network import Frozen, heights, layers
from tests.conftest import mixed_frame
from tests.plugins.pretrained.checkpoints import bert_config, make_images, make_texts, need, reconfigure, save_model


def test_a_text_is_the_mean_of_its_last_hidden_states(texts: Path) -> None:
    from tokenizers import Tokenizer
    from transformers import AutoModel

    from automl_pretrained.texts import quiet

    base = opened(texts)
    assert base is not None
    network = base.network
    assert (network.role, network.width, network.details) == (Role.TEXT, 32, (64,))
    cells = ["a sunny table", "rain and rain and broken rain of the late one", None]
    with torch.inference_mode():
        found = network.forward(base.module, network.read(cells, 64), 64).numpy()
        with quiet():
            model = AutoModel.from_pretrained(texts, local_files_only=True).eval()
        tokenizer = Tokenizer.from_file(str(texts / "tokenizer.json"))
        for row, cell in enumerate(cells):
            ids = torch.tensor([tokenizer.encode(cell or "").ids])
            expected = model(input_ids=ids).last_hidden_state.mean(dim=1)[0].numpy()
            np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_long_texts_are_cut_and_keep_their_last_token(texts: Path) -> None:
    base = opened(texts)
    assert base is not None
    words, lengths = base.network.read(["rain " * 500, "rain"], 64)
    assert lengths.tolist() == [64, 3]
    assert words[0, 0] == 2
    assert words[0, -1] == 3


def test_an_image_is_its_pooled_features(images: Path) -> None:
    import timm
    from safetensors.torch import load_file

    base = opened(images)
    assert base is not None
    network = base.network
    assert (network.role, network.width, network.details) == (Role.IMAGE, 96, (64,))
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    model = timm.create_model("test_resnet", num_classes=10).eval()
    model.load_state_dict(load_file(images / "model.safetensors"))
    with torch.inference_mode():
        found = network.forward(base.module, network.read([pixels, None], 64), 64)[0]
        x = (torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.25
        expected = model.forward_head(model.forward_features(x), pre_logits=True)[0]
    np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("architecture", ["test_vit", "test_efficientnet"])
def test_other_architectures_are_read_at_other_sizes(tmp_path: Path, architecture: str) -> None:
    need("timm")
    told = {"input_size": [3, 160, 160], "fixed_input_size": False}
    base = opened(make_images(tmp_path / "images", architecture, pretrained_cfg=told))
    assert base is not None
    assert base.network.details == (64, 96, 128, 160)
    grey = np.full((12, 9, 1), 128, dtype=np.uint8)
    with torch.inference_mode():
        found = base.network.forward(base.module, base.network.read([grey], 96), 96)
    assert found.shape == (1, base.network.width)


def test_a_network_of_one_size_is_read_at_that(tmp_path: Path) -> None:
    need("timm")
    told = {"input_size": [3, 160, 160], "fixed_input_size": True}
    base = opened(make_images(tmp_path / "images", "test_vit", pretrained_cfg=told))
    assert base is not None
    assert base.network.details == (160,)


def test_a_checkpoint_of_another_task_is_read_without_its_last_layers(tmp_path: Path) -> None:
    need("transformers")
    from transformers import BertForMaskedLM

    base = opened(save_model(BertForMaskedLM, bert_config(), tmp_path / "texts"))
    assert base is not None
    assert not [name for name in base.tensors if "pooler" in name or "cls" in name]


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    need("transformers")
    from transformers import BertModel

    folder = save_model(lambda config: BertModel(config).half(), bert_config(), tmp_path / "texts")
    base = opened(folder)
    assert base is not None
    assert {tensor.dtype for tensor in base.tensors.values() if tensor.is_floating_point()} == {torch.float32}


def test_no_code_of_a_folder_is_run(tmp_path: Path) -> None:
    need("transformers")
    folder = make_texts(tmp_path / "texts")
    mark = tmp_path / "was here"
    (folder / "modeling_evil.py").write_text(f"open({str(mark)!r}, 'w')\nclass Evil: pass\n")
    reconfigure(
        folder,
        auto_map={"AutoConfig": "modeling_evil.Evil", "AutoModel": "modeling_evil.Evil"},
        attn_implementation="someone/kernels",
        _attn_implementation="someone/kernels",
    )
    base = opened(folder)
    assert base is not None
    assert "evil" not in base.network.config
    assert "someone" not in base.network.config
    assert not mark.exists()


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def smaller(folder: Path) -> None:
    reconfigure(folder, intermediate_size=40)


def deeper(folder: Path) -> None:
    reconfigure(folder, num_hidden_layers=3)


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def set_to(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: reconfigure(folder, **changes)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (pickled, r"holds no model\.safetensors: other formats can run code"),
        (cut, "cannot be used|cannot be read"),
        (smaller, "cannot be used"),
        (deeper, "lacks 16 of the weights of its architecture"),
        (without_tokenizer, r"has no tokenizer\.json"),
        (set_to(model_type="nonesuch"), "of the kind 'nonesuch', which this version of transformers does not know"),
        (set_to(quantization_config={"quant_method": "gptq"}), "is quantised"),
    ],
)
def test_a_text_checkpoint_that_cannot_be_used_is_refused(
    texts: Path, tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    folder = Path(shutil.copytree(texts, tmp_path / "spoilt"))
    spoil(folder)
    with pytest.raises(OptionError, match=told) as refused:
        open_checkpoint(folder)
    assert str(folder) in str(refused.value)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (pickled, r"holds no model\.safetensors"),
        (cut, "cannot be read"),
        (set_to(architecture="nonesuch"), "'nonesuch', which this version of timm does not know"),
        (set_to(architecture="hf-hub:timm/resnet18"), "does not know"),
        (set_to(architecture="test_vit"), "lacks .* of the weights of its architecture test_vit"),
        (set_to(pretrained_cfg={"input_size": [1, 64, 64]}), "reads images of 1 channels"),
    ],
)
def test_an_image_checkpoint_that_cannot_be_used_is_refused(
    images: Path, tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    folder = Path(shutil.copytree(images, tmp_path / "spoilt"))
    spoil(folder)
    with pytest.raises(OptionError, match=told):
        open_checkpoint(folder)


def test_networks_for_something_else_are_refused(tmp_path: Path) -> None:
    need("transformers")
    from transformers import T5Config, T5Model, ViTConfig, ViTModel

    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    vit = save_model(ViTModel, ViTConfig(**sizes, image_size=32), tmp_path / "vit")
    t5 = save_model(T5Model, T5Config(vocab_size=300, d_model=16, d_ff=16, num_layers=1, num_heads=2), tmp_path / "t5")
    for folder in (vit, t5):
        with pytest.raises(OptionError, match=f"is a {folder.name} network, which reads no plain texts"):
            open_checkpoint(folder)


def test_what_is_no_checkpoint_is_nobodys(tmp_path: Path) -> None:
    assert open_checkpoint(tmp_path) is None
    for content in ("{", "[]", "{}", json.dumps({"model_type": 3})):
        (tmp_path / "config.json").write_text(content)
        opened.cache_clear()
        assert open_checkpoint(tmp_path) is None


def test_the_command_line_refuses_with_exit_code_2(
    texts: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mixed_frame(40).to_csv("people.csv", index=False)
    fit = ["fit", "people.csv", "--target", "label", "--quiet", "--trials", "1"]
    for more, told in (
        (["--backbone", str(texts)], "(bert) reads columns of text, and the table has none"),
        (["--backbone", str(images)], "(test_resnet) reads columns of image, and the table has none"),
        (["--backbone", str(texts), "--backbone", str(texts)], "both read columns of text"),
        (["--backbone", str(texts), "--families", "linear"], "of which none takes part"),
        (["--backbone", str(tmp_path)], "is no checkpoint"),
    ):
        assert run([*fit, *more]) == 2
        shown = capsys.readouterr().err
        assert told in shown
        assert shown.count("\n") == 1


def test_layers_are_found_by_the_names_of_their_weights() -> None:
    names = ["embeddings.word.weight", *(f"encoder.layer.{i}.output.weight" for i in range(4)), "final.weight"]
    assert list(heights(names).values()) == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    assert layers(names) == 4
    assert list(heights(["conv1.0.weight", "layer1.0.conv2.weight", "layer2.1.bn1.bias"]).values()) == [0.0, 0.5, 1.0]


def test_the_last_share_of_the_layers_is_trained_the_deeper_the_slower(texts: Path) -> None:
    base = opened(texts)
    assert base is not None
    some = Frozen(base.network.build(), share=0.5, decay=0.5)
    trained = {name for name, parameter in some.module.named_parameters() if parameter.requires_grad}
    assert trained == {name for name, _ in some.module.named_parameters() if "layer.1." in name}
    whole = Frozen(base.network.build(), share=1.0, decay=0.5)
    assert all(parameter.requires_grad for parameter in whole.module.parameters())
    rates = [whole.rate(f"{part}.weight") for part in ("embeddings.LayerNorm", "encoder.layer.0.output.dense")]
    assert rates == [0.25, 0.5]
    assert whole.rate("encoder.layer.1.output.dense.weight") == 1.0


def test_normalisation_keeps_its_statistics(images: Path) -> None:
    base = opened(images)
    assert base is not None
    module = Frozen(base.network.build(), share=1.0, decay=1.0).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items() if "running" in name}
    assert before
    module(torch.rand(4, 3, 64, 64))
    assert all(torch.equal(tensor, module.state_dict()[name]) for name, tensor in before.items())
