# Airflow's own image with this project's locked packages. It has not been built where this project is developed
# (no Docker engine there): the first build is a test of this file.
# By digest, for a build that can be repeated: docs/how-to/run-it.md, Images by digest.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.11
FROM ${AIRFLOW_IMAGE}

# The project lies in Airflow's folder, and is installed to be found there (--editable): a copy in site-packages would
# look for expectations/ in the wrong place.
COPY --chown=airflow:root pyproject.toml uv.lock README.md LICENSE THIRD_PARTY_NOTICES.md /opt/airflow/
COPY --chown=airflow:root dags /opt/airflow/dags
COPY --chown=airflow:root plugins /opt/airflow/plugins
COPY --chown=airflow:root expectations /opt/airflow/expectations
COPY --chown=airflow:root deploy /opt/airflow/deploy
# Byte code is made here: where the image may not be written to, each process would compile all of it again.
# Which commit judges (docs/how-to/ledger.md): --build-arg CMFC_COMMIT=$(git rev-parse HEAD); empty: not known.
ARG CMFC_COMMIT=""
RUN printf "%s" "$CMFC_COMMIT" > /opt/airflow/plugins/cmfc/commit.txt
RUN cd /opt/airflow \
    && uv export --frozen --no-default-groups --extra fab --no-emit-project -o /tmp/requirements.txt \
    && uv pip install --no-cache --compile-bytecode -r /tmp/requirements.txt \
    && uv pip install --no-cache --no-deps --editable /opt/airflow \
    && python -m compileall -q /opt/airflow/plugins /opt/airflow/dags

USER root
# A new volume takes over owner and mode. The folder itself too, or nothing could be made beside these three.
RUN install -d -o airflow -g root -m 0700 /var/lib/cmfc /var/lib/cmfc/store /var/lib/cmfc/lists /var/lib/cmfc/audits
# Nothing runs as root.
USER airflow
