"""Every seed of pages, searches, scores and reports: what reports on a schedule is no noise that found it.

No two of these meet, with what is added to them, but for those under "Kept". The rounds of the automatic choice and the
candidates of a search draw further seeds, of 31 bits, from the generators begun here; image models mix theirs with the
number of a batch. Seeds of what is no result, such as whether a model answers at all, stand where they are used.
"""

PAGES = range(10_000)  # noise of pictures, tables and trajectories, and of training: a user's own, held by the link

# Finding a schedule.
LAW = 54_000  # points that stand for the law of data which are thousands of points
SEARCH = 20_000  # paths that the paper's search prices levels on
ODE_PASS = 21_000  # trajectories that prices of the ODE's steps come from
RIVAL = 22_000  # starts that comparators are fitted on
SCORE = 30_000  # the data that stop a search; + 1: the noise
EXHIBITS = 140_000  # what stands beside the study of all schedules is learned with; + 1, + 2: judged by
IMAGE_ODE_PASS = 39_999  # of image models, which share no noise with points in 2D
CHOICE = 40_000  # data and rounds of the automatic choice
IMAGE_SEARCH = 40_000  # the stop of the paper's search for image models; + 0 to 5: rounds of their automatic choice

# Reporting on it.
REFERENCE = 50_000  # data that samples are held against
REPORT = 60_000  # samples in the table that `optimize` prints
IMAGE_REPORT = 61_000  # samples behind the figures of image models; + a page's
FRESH_DATA = 100_000  # the best that any sampler could do; + a page's
OWN_IMAGES = 110_000  # samples that stand for the clean images of a model which has none; + a page's
EVIDENCE = 130_000  # data, and from the next one on the noise, of the study of all schedules
IMAGE_REFERENCE = 900_001  # samples of such a model that others are held against

# Measuring a network.
EXCESS = 12_345  # a trained network's excess over the Bayes error; a run measures its own with its seed + 1
CALIBRATION = 52_000
ARROWS = 53_000  # noisy points that a field's error is measured on

# Kept, though they meet those of the pages: schedules and pictures that ship, and links, were made with them.
PASS = 0  # paths of the pass that prices every schedule, the presets' AYS too; an image model's takes the page's own
DRAWING = 1  # points of a user's drawing

# Benchmarks: each reports on other seeds than it searched with; kept, to be held against earlier tables.
CHOICE_BENCHMARK = (0, 500)  # of the choice, of the report
STOPPING_BENCHMARK = (0, 100, 200)  # of the search, of its stop, of the report
PAPER_BENCHMARK = (0, 1)  # of what is fitted to Table 4 of the paper, of the report and Fig. 4
