"""Devices and processes, through Lightning Fabric; mixed precision."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from lightning.fabric import Fabric

Precision = Literal["fp32", "bf16"]
"""bf16: mixed, weights stay 32-bit. float16 is left out: its loss scale would not resume exactly."""


def open_fabric() -> Fabric:
    """Launched. Under ``torchrun --nproc-per-node N`` a device per process (CPUs: gloo); else all GPUs or the CPU."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "0"))
    if local:
        nodes = max(1, int(os.environ["WORLD_SIZE"]) // local)
        fabric = Fabric(accelerator="auto", devices=local, num_nodes=nodes, strategy="ddp")
    else:
        fabric = Fabric(accelerator="auto", devices="auto" if torch.cuda.is_available() else 1)
    fabric.launch()
    return fabric


def mixed(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Around (a part of) a forward pass. Not Fabric's own mixed precision: that rounds what goes in, and a pose in
    bfloat16 is pixels off."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
