# Two images of one tree: `docker build --target api .` answers, `docker build --target training .` learns.
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
RUN useradd --create-home --uid 10001 behoud && mkdir -p /app/var && chown -R behoud /app
WORKDIR /app

FROM base AS api
COPY requirements/api.txt requirements/api.txt
RUN pip install --no-cache-dir --require-hashes --requirement requirements/api.txt
COPY pyproject.toml README.md ./
COPY models models
COPY api api
COPY examples examples
USER behoud
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=2s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=1)"]
CMD ["python", "-m", "api", "serve", "--host", "0.0.0.0", "--port", "8080"]

FROM base AS training
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY requirements/training.txt requirements/training.txt
RUN pip install --no-cache-dir --require-hashes --requirement requirements/training.txt
COPY pyproject.toml README.md ./
COPY models models
COPY training training
COPY examples examples
USER behoud
ENTRYPOINT ["python", "-m", "training"]
