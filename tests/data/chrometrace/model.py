"""One step of a tiny model under PyTorch's profiler, on the CPU, with Python stacks."""

import sys

import torch
from torch.profiler import ProfilerActivity, profile, record_function


def forward(model, x):
    return model(x).sum()


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    x = torch.ones(4, 16)
    forward(model, x)
    with (
        profile(activities=[ProfilerActivity.CPU], with_stack=True) as prof,
        record_function("step"),
    ):
        forward(model, x).backward()
    prof.export_chrome_trace(sys.argv[1])
    for row in prof.key_averages():
        print(f"{row.key}\t{row.count}\t{row.self_cpu_time_total}\t{row.cpu_time_total}")


main()
