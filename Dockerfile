# AYS Explorer for a server: shared mode, not as root, torch for CPUs. `docker build -t ays-explorer .`
FROM python:3.11-slim-bookworm

# A user of the number that a Docker Space runs as; what visitors keep is in its folder.
RUN useradd --create-home --uid 1000 explorer && install -d -o explorer /data
WORKDIR /opt/ays-explorer

# torch first, from where its builds for CPUs are: a twentieth of the size of the usual ones. Then what else is pinned.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements.txt requirements-cluster.txt ./
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.txt)" \
    && pip install --no-cache-dir -r requirements-cluster.txt

COPY . .
RUN python -m compileall -q ays_toy pages app.py && python -m ays_toy doctor

ENV AYS_SHARED=1 \
    AYS_EXPLORER_HOME=/data \
    PYTHONPATH=/opt/ays-explorer \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_HEADLESS=true
USER 1000
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health')"]
CMD ["streamlit", "run", "app.py", "--server.port=8501"]
