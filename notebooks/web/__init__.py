"""The static site of the course: the notebooks as pages, and a page on which a model runs (`live/`)."""
