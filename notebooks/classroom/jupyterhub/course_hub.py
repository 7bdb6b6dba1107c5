"""JupyterHub's settings for this course: what each student's server is told.

The Littlest JupyterHub reads it from its folder jupyterhub_config.d, there as course.py; another hub by
`load_subconfig`. The models lie in one folder that all share, and can only read. A student's own folder has links to
them, and keeps what her notebooks build: how it is made stands in notebooks/many_students.md.
"""

c = get_config()  # noqa: F821 - JupyterHub gives it
# Limits that the spawner of The Littlest JupyterHub or Kubernetes holds to; the one for trials does not.
c.Spawner.mem_limit = "2G"
c.Spawner.cpu_limit = 2.0
c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.Spawner.environment = {
    "COURSE_CACHE": "~/.course-models",
    "COURSE_PROGRESS": "~/my_progress.json",  # each student has her own
    "COURSE_DOWNLOAD": "no",  # what is not in the shared folder is asked of the teacher
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",  # many share the cores: more threads would only wait for each other
}
