# Airflow's own image with this project's locked packages. It has not been built where this project is developed
# (no Docker engine there).
FROM apache/airflow:3.3.2-python3.11
COPY --chown=airflow:root pyproject.toml uv.lock README.md /opt/cmfc/
COPY --chown=airflow:root plugins /opt/cmfc/plugins
RUN cd /opt/cmfc && uv export --frozen --no-dev --no-emit-project -o /tmp/requirements.txt \
    && uv pip install --no-cache -r /tmp/requirements.txt && uv pip install --no-cache --no-deps /opt/cmfc
USER root
RUN install -d -o airflow -g root /var/lib/cmfc/store /var/lib/cmfc/lists
USER airflow
