# The service without torch, a compiler or a package manager of its own: what serving imports, and nothing else.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY pyproject.toml constraints.txt README.md ./
RUN python -m venv --without-pip /opt/digits \
 && python -m pip --disable-pip-version-check --python /opt/digits/bin/python install --no-cache-dir --no-compile \
      -c constraints.txt . \
 && cd /opt/digits/lib/python3*/site-packages \
 # Tests, headers and conversion tools of the packages: a quarter of their size, none of it ever imported here.
 && rm -rf numpy/*/tests numpy/tests numpy/f2py numpy/_core/include numpy/_core/lib numpy/random/lib \
      onnxruntime/tools onnxruntime/transformers onnxruntime/quantization onnxruntime/datasets onnxruntime/backend \
 && find . -name '*.pyi' -delete \
 && find . -name __pycache__ -prune -exec rm -rf {} +

FROM ${PYTHON_IMAGE}
COPY --from=packages /opt/digits /opt/digits
WORKDIR /app
COPY app app
COPY model model
COPY static static
ENV PATH=/opt/digits/bin:$PATH
# Compile what is imported, and only that: the root is read-only at run time, and compiling takes a second at each start.
RUN python -c "import app.__main__, app.connection, app.main, PIL.Image as i, uvicorn.lifespan.on, uvicorn.loops.uvloop; \
      import uvicorn.protocols.http.httptools_impl; i.init()"
ENV HOST=0.0.0.0 PORT=8000 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=2)"]
CMD ["python", "-m", "app"]
