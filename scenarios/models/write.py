#!/usr/bin/env python3
"""Writes the layer tables beside this file from the published rules of each network.

    scenarios/models/write.py [FOLDER]

Counts are for one sample.  1 MAC is one multiplication and one addition, 2 flop.  MACs are those of convolutions,
matrix products and attention; biases, activations, batch norms and the like are fused into the row before them and
count as none, as do pools, sums and norms, which have rows of their own: what these cost is memory traffic.  A
number takes 4 bytes.  A row reads the row before it unless `reads` names others; `input` is the network's input.
"""

import os
import sys


def size(shape):
    count = 1
    for part in shape:
        count *= part
    return count


def text(shape):
    return "x".join(map(str, shape))


class Net:
    """The rows of one network; `last` is the row that the next one reads, `at` the shape of its output."""

    def __init__(self, *shape):
        self.rows, self.shapes, self.last = [], {"input": shape}, "input"

    @property
    def at(self):
        return self.shapes[self.last]

    def add(self, name, kind, output, parameters=0, macs=0, reads=None, window=("", "", "")):
        before = self.last
        sources = reads or [before]
        is_plain = sources == [before] or (not self.rows and sources == ["input"])
        self.rows.append([name, kind, text(self.shapes[sources[0]]), text(output),
                          "" if is_plain else " ".join(sources), parameters, macs, 4 * size(output), *window])
        self.shapes[name] = output
        self.last = name
        return name

    def conv(self, name, channels, k, stride=1, pad=None, groups=1, bias=False, norm=True, reads=None):
        """A convolution with its bias or its batch norm (a scale and a shift for each channel)."""
        c, h, w = self.shapes[reads[0]] if reads else self.at
        pad = k // 2 if pad is None else pad
        out = (channels, (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1)
        weights = channels * (c // groups) * k * k
        return self.add(name, "depthwise" if groups == c > 1 else "conv", out,
                        weights + channels * bias + 2 * channels * norm, weights * out[1] * out[2], reads, (k, stride, pad))

    def pool(self, name, k, stride, pad=0, reads=None):
        c, h, w = self.at
        return self.add(name, "pool", (c, (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1),
                        reads=reads, window=(k, stride, pad))

    def average(self, name):
        c, h, w = self.at
        assert h == w
        return self.add(name, "pool", (c, 1, 1), window=(h, 1, 0))

    def fc(self, name, outputs, bias=True):
        """A fully connected layer over all that it reads."""
        inputs = size(self.at)
        return self.add(name, "fc", (outputs,), inputs * outputs + outputs * bias, inputs * outputs)

    def linear(self, name, outputs, bias=True, weights=None, stored=True, reads=None):
        """A matrix product for each token; `weights`: more of them than inputs x outputs; not `stored`: tied."""
        tokens, inputs = self.shapes[reads[0]] if reads else self.at
        weights = weights or inputs * outputs
        return self.add(name, "fc", (tokens, outputs), (weights + outputs * bias) * stored, tokens * weights, reads)

    def norm(self, name, parameters_per_channel=2, reads=None):
        shape = self.shapes[reads[0]] if reads else self.at
        return self.add(name, "norm", shape, parameters_per_channel * shape[-1], 0, reads)

    def sum(self, name, first, second):
        return self.add(name, "add", self.shapes[first], reads=[first, second])

    def attention(self, name, width, keys=None, parameters=0, reads=None):
        """Scores and their weighted sum over `keys` tokens: 2 matrix products for each token, none masked out."""
        tokens = self.shapes[reads[0]][0] if reads else self.at[0]
        return self.add(name, "attention", (tokens, width), parameters, 2 * tokens * (keys or tokens) * width, reads)


# ---- convolutional networks ----

def lenet5():
    """LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 1998; all maps connected."""
    net = Net(1, 32, 32)
    net.conv("c1", 6, 5, pad=0, bias=True, norm=False)
    net.pool("s2", 2, 2)
    net.conv("c3", 16, 5, pad=0, bias=True, norm=False)
    net.pool("s4", 2, 2)
    net.fc("c5", 120)
    net.fc("f6", 84)
    net.fc("out", 10)
    return net


def classifier(net, *names):
    for name in names[:-1]:
        net.fc(name, 4096)
    net.fc(names[-1], 1000)
    return net


def alexnet():
    """Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014: one tower, as torchvision."""
    net = Net(3, 224, 224)
    for name, channels, k, stride, pad, pools in (("1", 64, 11, 4, 2, True), ("2", 192, 5, 1, 2, True),
                                                  ("3", 384, 3, 1, 1, False), ("4", 256, 3, 1, 1, False),
                                                  ("5", 256, 3, 1, 1, True)):
        net.conv("conv" + name, channels, k, stride, pad, bias=True, norm=False)
        if pools:
            net.pool("pool" + name, 3, 2)
    return classifier(net, "fc6", "fc7", "fc8")


def bvlc_alexnet():
    """Krizhevsky, Sutskever and Hinton, ImageNet classification with deep CNNs, NIPS 2012: two groups, as Caffe's."""
    net = Net(3, 227, 227)
    for name, channels, k, stride, pad, groups, norms, pools in (
            ("1", 96, 11, 4, 0, 1, True, True), ("2", 256, 5, 1, 2, 2, True, True),
            ("3", 384, 3, 1, 1, 1, False, False), ("4", 384, 3, 1, 1, 2, False, False),
            ("5", 256, 3, 1, 1, 2, False, True)):
        net.conv("conv" + name, channels, k, stride, pad, groups, bias=True, norm=False)
        if norms:
            net.norm("norm" + name, 0)
        if pools:
            net.pool("pool" + name, 3, 2)
    return classifier(net, "fc6", "fc7", "fc8")


def vgg16():
    """Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR 2015, D."""
    net = Net(3, 224, 224)
    for block, (channels, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for i in range(1, count + 1):
            net.conv(f"conv{block}_{i}", channels, 3, bias=True, norm=False)
        net.pool(f"pool{block}", 2, 2)
    return classifier(net, "fc6", "fc7", "fc8")


def resnet(counts, is_bottleneck):
    """He et al., Deep residual learning for image recognition, CVPR 2016; the 3x3 of a bottleneck has the stride."""
    net = Net(3, 224, 224)
    net.conv("conv1", 64, 7, 2)
    net.pool("pool1", 3, 2, 1)
    for stage, (width, count) in enumerate(zip((64, 128, 256, 512), counts), 2):
        for i in range(1, count + 1):
            block, start = f"conv{stage}_{i}", net.last
            stride = 2 if i == 1 and stage > 2 else 1
            wide = 4 * width if is_bottleneck else width
            if is_bottleneck:
                net.conv(block + "_a", width, 1)
                net.conv(block + "_b", width, 3, stride)
                end = net.conv(block + "_c", wide, 1)
            else:
                net.conv(block + "_a", width, 3, stride)
                end = net.conv(block + "_b", width, 3)
            if stride > 1 or net.shapes[start][0] != wide:
                start = net.conv(block + "_downsample", wide, 1, stride, reads=[start])
            net.sum(block + "_add", end, start)
    net.average("pool5")
    net.fc("fc", 1000)
    return net


def mobilenet_v1():
    """Howard et al., MobileNets: efficient convolutional neural networks for mobile vision applications, 2017."""
    net = Net(3, 224, 224)
    net.conv("conv1", 32, 3, 2)
    for i, (channels, stride) in enumerate(((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1),
                                            (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)), 2):
        net.conv(f"conv{i}_dw", net.at[0], 3, stride, groups=net.at[0])
        net.conv(f"conv{i}_pw", channels, 1)
    net.average("pool")
    net.fc("fc", 1000)
    return net


def mobilenet_v2():
    """Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018."""
    net = Net(3, 224, 224)
    net.conv("conv1", 32, 3, 2)
    for stage, (factor, channels, count, stride) in enumerate(
            ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
            1):
        for i in range(1, count + 1):
            block, start, inputs = f"block{stage}_{i}", net.last, net.at[0]
            if factor > 1:
                net.conv(block + "_expand", factor * inputs, 1)
            net.conv(block + "_dw", net.at[0], 3, stride if i == 1 else 1, groups=net.at[0])
            end = net.conv(block + "_project", channels, 1)
            if i > 1:
                net.sum(block + "_add", end, start)
    net.conv("conv_last", 1280, 1)
    net.average("pool")
    net.fc("fc", 1000)
    return net


def yolov2():
    """Redmon and Farhadi, YOLO9000: better, faster, stronger, CVPR 2017; COCO, 608 x 608, 5 anchors, 80 classes."""
    net, convs, pools = Net(3, 608, 608), 0, 0
    for step in ((32, 3), None, (64, 3), None, (128, 3), (64, 1), (128, 3), None, (256, 3), (128, 1), (256, 3), None,
                 (512, 3), (256, 1), (512, 3), (256, 1), (512, 3), None, (1024, 3), (512, 1), (1024, 3), (512, 1),
                 (1024, 3), (1024, 3), (1024, 3)):
        if step is None:
            pools += 1
            fine = net.last
            net.pool(f"pool{pools}", 2, 2)
        else:
            convs += 1
            net.conv(f"conv{convs}", *step)
    coarse = net.last
    net.conv("passthrough", 64, 1, reads=[fine])
    c, h, w = net.at
    net.add("reorg", "reshape", (4 * c, h // 2, w // 2))
    net.add("concat", "concat", (4 * c + net.shapes[coarse][0], h // 2, w // 2), reads=["reorg", coarse])
    net.conv(f"conv{convs + 1}", 1024, 3)
    net.conv(f"conv{convs + 2}", 5 * (5 + 80), 1, bias=True, norm=False)
    return net


# ---- networks of federated learning ----

def heterofl_cnn():
    """Diao, Ding and Tarokh, HeteroFL, ICLR 2021, for MNIST: four convolutions with bias and batch norm."""
    net = Net(1, 28, 28)
    for i, channels in enumerate((64, 128, 256, 512), 1):
        net.conv(f"conv{i}", channels, 3, bias=True)
        if i < 4:
            net.pool(f"pool{i}", 2, 2)
    net.average("pool4")
    net.fc("fc", 10)
    return net


def preact_resnet(counts):
    """He et al., Identity mappings in deep residual networks, ECCV 2016, for CIFAR-10.  A norm stands before the
    convolution, and the shortcut of a block that changes the shape reads it, as in HeteroFL's code: rows of its own."""
    net = Net(3, 32, 32)
    net.conv("conv1", 64, 3, norm=False)
    for stage, (width, count) in enumerate(zip((64, 128, 256, 512), counts), 1):
        for i in range(1, count + 1):
            block, start = f"block{stage}_{i}", net.last
            stride = 2 if i == 1 and stage > 1 else 1
            inputs = net.at[0]
            before = net.add(block + "_norm1", "norm", net.at, 2 * inputs)
            net.conv(block + "_conv1", width, 3, stride, norm=False)
            net.add(block + "_norm2", "norm", net.at, 2 * width)
            end = net.conv(block + "_conv2", width, 3, norm=False)
            if stride > 1 or inputs != width:
                start = net.conv(block + "_shortcut", width, 1, stride, norm=False, reads=[before])
            net.sum(block + "_add", end, start)
    net.add("norm", "norm", net.at, 2 * net.at[0])
    net.average("pool")
    net.fc("fc", 10)
    return net


# ---- transformers (Vaswani et al., Attention is all you need, NIPS 2017) ----

def bert(layers, width, tokens=512):
    """Devlin et al., BERT: pre-training of deep bidirectional transformers, NAACL 2019; uncased, with its pooler."""
    net = Net(tokens)
    net.add("embeddings", "embedding", (tokens, width), (30522 + 512 + 2) * width)
    net.norm("embeddings_norm")
    for i in range(layers):
        block, start = f"layer{i}", net.last
        net.linear(block + "_qkv", 3 * width)
        net.attention(block + "_attention", width)
        net.sum(block + "_add1", net.linear(block + "_output", width), start)
        start = net.norm(block + "_norm1")
        net.linear(block + "_fc1", 4 * width)
        net.sum(block + "_add2", net.linear(block + "_fc2", width), start)
        net.norm(block + "_norm2")
    net.add("pooler", "fc", (width,), width * width + width, width * width)
    return net


def gpt2(layers, width, tokens=1024):
    """Radford et al., Language models are unsupervised multitask learners, 2019; the head is the embedding's table."""
    net = Net(tokens)
    net.add("embeddings", "embedding", (tokens, width), (50257 + 1024) * width)
    for i in range(layers):
        block, start = f"h{i}", net.last
        net.norm(block + "_ln1")
        net.linear(block + "_qkv", 3 * width)
        net.attention(block + "_attention", width)
        middle = net.sum(block + "_add1", net.linear(block + "_proj", width), start)
        net.norm(block + "_ln2")
        net.linear(block + "_fc1", 4 * width)
        net.sum(block + "_add2", net.linear(block + "_fc2", width), middle)
    net.norm("ln_f")
    net.linear("head", 50257, bias=False, stored=False)
    return net


def t5_block(net, block, memory, width, inner, first):
    """One layer of the encoder, or of the decoder if it has a `memory` to look at; no biases, norms without shift."""
    def residual(name, end, start):
        return net.sum(name, end, start)

    start = net.last
    net.norm(block + "_norm1", 1)
    net.linear(block + "_qkv", 3 * width, bias=False)
    net.attention(block + "_attention", width, parameters=32 * 12 * first)
    start = residual(block + "_add1", net.linear(block + "_output", width, bias=False), start)
    if memory:
        norm = net.norm(block + "_norm_cross", 1)
        q = net.linear(block + "_q_cross", width, bias=False, reads=[norm])
        kv = net.linear(block + "_kv_cross", 2 * width, bias=False, reads=[memory])
        net.attention(block + "_cross", width, keys=net.shapes[memory][0], reads=[q, kv])
        start = residual(block + "_add_cross", net.linear(block + "_output_cross", width, bias=False), start)
    net.norm(block + "_norm2", 1)
    net.linear(block + "_fc1", inner, bias=False)
    residual(block + "_add2", net.linear(block + "_fc2", width, bias=False), start)


def t5(layers=12, width=768, inner=3072, tokens=512):
    """Raffel et al., Exploring the limits of transfer learning, JMLR 2020; base, one table for both ends and head."""
    net = Net(tokens)
    net.add("embeddings", "embedding", (tokens, width), 32128 * width)
    for i in range(layers):
        t5_block(net, f"encoder{i}", None, width, inner, i == 0)
    memory = net.norm("encoder_norm", 1)
    net.add("decoder_embeddings", "embedding", (tokens, width), reads=["input"])
    for i in range(layers):
        t5_block(net, f"decoder{i}", memory, width, inner, i == 0)
    net.norm("decoder_norm", 1)
    net.linear("head", 32128, bias=False, stored=False)
    return net


def llama(layers, width, inner, tokens=2048):
    """Touvron et al., LLaMA: open and efficient foundation language models, 2023; norms without shift, no biases."""
    net = Net(tokens)
    net.add("embeddings", "embedding", (tokens, width), 32000 * width)
    for i in range(layers):
        block, start = f"layer{i}", net.last
        net.norm(block + "_norm1", 1)
        net.linear(block + "_qkv", 3 * width, bias=False)
        net.attention(block + "_attention", width)
        middle = net.sum(block + "_add1", net.linear(block + "_output", width, bias=False), start)
        net.norm(block + "_norm2", 1)
        net.linear(block + "_gate_up", inner, bias=False, weights=2 * width * inner)
        net.sum(block + "_add2", net.linear(block + "_down", width, bias=False), middle)
    net.norm("norm", 1)
    net.linear("head", 32000, bias=False)
    return net


# PipeDream's profile of VGG-16, as published with its program (Narayanan et al., SOSP 2019; profiles/vgg16/graph.txt): in
# topological order kind, bytes of parameters, bytes of the output, milliseconds forward and backward, for minibatches of
# 64 images.  Here a sample is such a minibatch.  The file does not name the GPU.
VGG16_PIPEDREAM = (
    ("conv", 7168, 1644167168, 22.307, 24.613), ("relu", 0, 1644167168, 4.446, 5.553),
    ("conv", 147712, 1644167168, 46.201, 113.33), ("relu", 0, 1644167168, 4.455, 5.311),
    ("pool", 0, 411041792, 3.795, 5.579), ("conv", 295424, 822083584, 15.155, 39.648),
    ("relu", 0, 822083584, 2.359, 2.738), ("conv", 590336, 822083584, 22.062, 53.379),
    ("relu", 0, 822083584, 2.513, 2.62), ("pool", 0, 205520896, 2.211, 2.788),
    ("conv", 1180672, 411041792, 10.814, 18.335), ("relu", 0, 411041792, 1.377, 1.38),
    ("conv", 2360320, 411041792, 17.458, 27.023), ("relu", 0, 411041792, 1.64, 1.463),
    ("conv", 2360320, 411041792, 14.245, 33.888), ("relu", 0, 411041792, 1.549, 1.321),
    ("pool", 0, 102760448, 1.169, 1.513), ("conv", 4720640, 205520896, 9.249, 14.574),
    ("relu", 0, 205520896, 1.026, 0.696), ("conv", 9439232, 205520896, 15.359, 21.9),
    ("relu", 0, 205520896, 0.848, 0.679), ("conv", 9439232, 205520896, 11.775, 28.67),
    ("relu", 0, 205520896, 0.881, 0.642), ("pool", 0, 51380224, 0.802, 0.781),
    ("conv", 9439232, 51380224, 5.608, 7.381), ("relu", 0, 51380224, 0.784, 0.266),
    ("conv", 9439232, 51380224, 4.07, 7.396), ("relu", 0, 51380224, 0.463, 0.19),
    ("conv", 9439232, 51380224, 4.042, 8.648), ("relu", 0, 51380224, 0.455, 0.175),
    ("pool", 0, 12845056, 0.553, 0.234), ("view", 0, 12845060, 0, 0), ("view", 0, 12845056, 0, 0),
    ("fc", 411058176, 2097152, 2.475, 4.575), ("relu", 0, 2097152, 0.377, 0.03), ("dropout", 0, 2097152, 0, 0),
    ("fc", 67125248, 2097152, 0.709, 0.734), ("relu", 0, 2097152, 0.277, 0.032), ("dropout", 0, 2097152, 0, 0),
    ("fc", 16388000, 512000, 0.393, 0.548),
)


def vgg16_pipedream():
    return [(f"state{i}_{kind}", kind, "", "", "", parameters // 4, 0, output, f"{forward:g}ms", f"{backward:g}ms")
            for i, (kind, parameters, output, forward, backward) in enumerate(VGG16_PIPEDREAM)]


MODELS = {
    "lenet5": ("LeNet-5, 32x32 grey", lenet5),
    "alexnet": ("AlexNet in one tower, 224x224 (torchvision's)", alexnet),
    "bvlc_alexnet": ("AlexNet of 2012 in two groups, 227x227 (Caffe's)", bvlc_alexnet),
    "vgg16": ("VGG-16, 224x224", vgg16),
    "resnet18": ("ResNet-18, 224x224", lambda: resnet((2, 2, 2, 2), False)),
    "resnet34": ("ResNet-34, 224x224", lambda: resnet((3, 4, 6, 3), False)),
    "resnet50": ("ResNet-50 (v1.5), 224x224", lambda: resnet((3, 4, 6, 3), True)),
    "resnet101": ("ResNet-101 (v1.5), 224x224", lambda: resnet((3, 4, 23, 3), True)),
    "resnet152": ("ResNet-152 (v1.5), 224x224", lambda: resnet((3, 8, 36, 3), True)),
    "mobilenet_v1": ("MobileNet v1, 224x224", mobilenet_v1),
    "mobilenet_v2": ("MobileNet v2, 224x224", mobilenet_v2),
    "yolov2": ("YOLOv2 for COCO, 608x608", yolov2),
    "heterofl_cnn": ("HeteroFL's CNN for MNIST, 28x28 grey", heterofl_cnn),
    "heterofl_resnet": ("HeteroFL's PreActResNet for CIFAR-10, blocks 1-1-1-2, 32x32",
                        lambda: preact_resnet((1, 1, 1, 2))),
    "preact_resnet18": ("PreActResNet-18 for CIFAR-10, 32x32", lambda: preact_resnet((2, 2, 2, 2))),
    "bert_base": ("BERT-base, a sample is 512 tokens", lambda: bert(12, 768)),
    "bert_large": ("BERT-large, a sample is 512 tokens", lambda: bert(24, 1024)),
    "gpt2": ("GPT-2, a sample is 1024 tokens", lambda: gpt2(12, 768)),
    "gpt2_medium": ("GPT-2 medium, a sample is 1024 tokens", lambda: gpt2(24, 1024)),
    "gpt2_large": ("GPT-2 large, a sample is 1024 tokens", lambda: gpt2(36, 1280)),
    "gpt2_xl": ("GPT-2 XL, a sample is 1024 tokens", lambda: gpt2(48, 1600)),
    "t5": ("T5-base (v1.0), a sample is 512 tokens in and 512 out", t5),
    "llama_7b": ("LLaMA 7B, a sample is 2048 tokens", lambda: llama(32, 4096, 11008)),
    "llama_13b": ("LLaMA 13B, a sample is 2048 tokens", lambda: llama(40, 5120, 13824)),
    "llama_33b": ("LLaMA 33B, a sample is 2048 tokens", lambda: llama(60, 6656, 17920)),
    "llama_65b": ("LLaMA 65B, a sample is 2048 tokens", lambda: llama(80, 8192, 22016)),
}

COLUMNS = ("name", "kind", "input", "output", "reads", "parameters", "macs", "activation_bytes")
WINDOW = ("kernel", "stride", "padding")  # of convolutions and pools, the same both ways


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, (summary, make) in MODELS.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="ascii", newline="\n") as file:
            rows = make().rows
            columns = COLUMNS + WINDOW if any(row[len(COLUMNS)] for row in rows) else COLUMNS
            file.write(f"# {summary}\n" + ",".join(columns) + "\n")
            for row in rows:
                file.write(",".join(map(str, row[:len(columns)])) + "\n")
    with open(os.path.join(folder, "vgg16_pipedream.csv"), "w", encoding="ascii", newline="\n") as file:
        file.write("# VGG-16 as PipeDream measured it, a sample is a minibatch of 64 images\n")
        file.write(",".join(COLUMNS + ("forward_seconds", "backward_seconds")) + "\n")
        for row in vgg16_pipedream():
            file.write(",".join(map(str, row)) + "\n")


if __name__ == "__main__":
    main()
