# The node as a container: data in /data, every port on all addresses, token asked for.
FROM python:3.12-slim
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir . && useradd --create-home --uid 1000 aife && mkdir /data && chown aife /data
USER aife
VOLUME /data
EXPOSE 18080 18022
HEALTHCHECK --interval=5s --timeout=3s CMD ["aife-sim", "probe"]
CMD ["aife-sim", "serve", "--data", "/data", "--host", "0.0.0.0", "--advertise-host", "127.0.0.1"]
