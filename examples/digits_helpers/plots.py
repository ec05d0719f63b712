"""Pictures for the digits example."""

import matplotlib.pyplot as plt


def gallery(images, labels, columns=10):
    """Draw the first images in one row, each under its label."""
    figure, axes = plt.subplots(1, columns, figsize=(columns, 1.4))
    for axis, image, label in zip(axes, images, labels):
        axis.imshow(image, cmap="gray_r")
        axis.set_title(label)
        axis.axis("off")
    return figure


def confusion(matrix, labels, title):
    """Draw a confusion matrix with its counts."""
    figure, axis = plt.subplots(figsize=(5, 4.4))
    axis.imshow(matrix, cmap="Blues")
    axis.set(title=title, xlabel="predicted", ylabel="true", xticks=labels, yticks=labels)
    for row in labels:
        for column in labels:
            count = matrix[row, column]
            if count:
                shade = "white" if count > matrix.max() / 2 else "black"
                axis.text(column, row, count, ha="center", va="center", color=shade, fontsize=8)
    figure.tight_layout()
    return figure
