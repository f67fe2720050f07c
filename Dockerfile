# Images of SaviorRec: the targets are cpu and cuda (the server), trainer, and load.
#
#   docker build --target cpu --tag saviorrec .                     from the sources
#   docker build --target cpu --tag saviorrec --file Dockerfile target
#                                                                   of what ./mvnw verify left in target/savior
#
# A registry of your own for the base images: --build-arg REGISTRY=registry.example.com/dockerhub/
ARG REGISTRY=""

FROM ${REGISTRY}eclipse-temurin:25-jdk AS distribution
WORKDIR /build
COPY . .
# strip is Debian's and Ubuntu's binutils.
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends binutils \
    $([ -d savior ] || echo maven) >/dev/null
RUN if [ ! -d savior ]; then ./mvnw -q -B -ntp -Dquick -Dmaven.test.skip=true package && mv target/savior savior; fi
# The Java that the images have: what the programs use of it, and what looks into a running one (jcmd, JFR).
RUN jlink --output /opt/jre --compress zip-6 --strip-debug --no-man-pages --no-header-files --add-modules \
java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,\
jdk.jcmd,jdk.jfr,jdk.management,jdk.management.agent,jdk.net,jdk.unsupported,jdk.zipfs \
 && find /opt/jre -name '*.so' -exec strip --strip-unneeded {} +

# The server's folder. A model is needed for a start by which the JVM learns what to keep: that of models/ in the
# context, or one that is made here of a generated shop.
FROM distribution AS server
ARG SOURCE_DATE_EPOCH=1767225600
ENV JAVA_HOME=/opt/jre
RUN [ -d models ] || { JAVA_HOME=/opt/java/openjdk; export JAVA_HOME; \
 savior/bin/savior synth shop --preset tiny && savior/bin/savior train shop models --preset tiny; }
RUN savior/bin/prepare /opt/savior models && mv /opt/savior/lib/native /opt/native

FROM ${REGISTRY}debian:bookworm-slim AS base
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=""
ARG CREATED="2026-01-01T00:00:00Z"
LABEL org.opencontainers.image.title="SaviorRec" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="debian:bookworm-slim"
ENV JAVA_HOME=/opt/jre PATH=/opt/savior/bin:/opt/jre/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
# The server runs as nobody that the host knows, and writes to /var/lib/savior alone, which a volume stands for where
# the root is read-only: the item store, and what the JVM says when it crashes.
RUN echo 'savior:x:10001:10001::/var/lib/savior:/usr/sbin/nologin' >>/etc/passwd \
 && echo 'savior:x:10001:' >>/etc/group \
 && install -d -o 10001 -g 10001 /var/lib/savior \
 && install -d /models /etc/savior
ENV HOME=/var/lib/savior
WORKDIR /var/lib/savior
COPY --from=distribution /opt/jre /opt/jre
USER 10001:10001
ENTRYPOINT ["/opt/savior/bin/savior"]

FROM base AS cpu
LABEL org.opencontainers.image.description="Scores candidates over gRPC (8500); metrics, health and a status page over HTTP (8501)"
# What changes seldom comes first: the native libraries, and then all else.
COPY --from=server /opt/native /opt/savior/lib/native
COPY --from=server /opt/savior /opt/savior
COPY --from=server /opt/savior/conf/container.yaml /etc/savior/server.yaml
VOLUME /var/lib/savior
EXPOSE 8500 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["savior", "health", "--config", "/etc/savior/server.yaml"]
CMD ["serve", "--repository", "/models", "--config", "/etc/savior/server.yaml"]

FROM distribution AS training
RUN mkdir -p /opt/savior/lib \
 && cp -r savior/bin savior/conf /opt/savior/ \
 && install -D savior/sbom/trainer.json /opt/savior/sbom/trainer.json \
 && cp savior/lib/trainer.jar savior/lib/trainer.classpath /opt/savior/lib/ \
 && tr : '\n' <savior/lib/trainer.classpath | sed 's#^@lib@#savior/lib#' | xargs cp -t /opt/savior/lib

FROM base AS trainer
LABEL org.opencontainers.image.description="Trains models of SaviorRec; needs a writable /tmp, for native libraries"
COPY --from=training /opt/savior /opt/savior
CMD ["--help"]

FROM distribution AS loading
RUN mkdir -p /opt/savior/lib \
 && cp -r savior/bin savior/conf /opt/savior/ \
 && cp savior/lib/loadtest.jar savior/lib/loadtest.classpath /opt/savior/lib/ \
 && tr : '\n' <savior/lib/loadtest.classpath | sed 's#^@lib@#savior/lib#' | xargs cp -t /opt/savior/lib

FROM base AS load
LABEL org.opencontainers.image.description="Puts load on a server of SaviorRec and says what it can take"
COPY --from=loading /opt/savior /opt/savior
CMD ["load", "--help"]

# libtorch for NVIDIA's GPUs, of the version that the server's is of, and the libraries of CUDA that it was built with, as
# PyPI has both. The driver is the host's.
FROM ${REGISTRY}debian:bookworm-slim AS libtorch
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-pip >/dev/null
RUN python3 -m pip install --quiet --no-cache-dir --no-compile --target /torch torch==2.7.1 \
 && mkdir -p /opt/libtorch/torch \
 && mv /torch/torch/lib /opt/libtorch/torch/lib \
 && mv /torch/nvidia /torch/cusparselt /opt/libtorch/ \
 && cd /opt/libtorch \
 && rm -f torch/lib/libtorch_python.so torch/lib/libshm.so torch/lib/libtorch_global_deps.so \
 && find . -type f ! -name '*.so*' -delete && find . -type d -empty -delete \
 && rm -rf /torch

# The server's folder with the JNI library for CUDA, which DJL takes from where PYTORCH_FLAVOR says.
FROM server AS server-cuda
RUN cd /opt/native/pytorch && mkdir cuda && cd cuda \
 && jar xf /build/savior/lib/pytorch-jni-*.jar jnilib/linux-x86_64/cu128/libdjl_torch.so \
 && for cpu in ../*-cpu-linux-x86_64; do \
      gpu=$(echo "$cpu" | sed s/-cpu-/-cu128-/) && mkdir "$gpu" \
      && mv jnilib/linux-x86_64/cu128/libdjl_torch.so "$gpu/$(basename "$cpu"/*-libdjl_torch.so)" && rm -r "$cpu"; \
    done && cd .. && rm -r cuda

FROM base AS cuda
LABEL org.opencontainers.image.description="SaviorRec's server for NVIDIA GPUs: gRPC on 8500; metrics, health and a status page on HTTP 8501"
ENV PYTORCH_LIBRARY_PATH=/opt/libtorch/torch/lib PYTORCH_FLAVOR=cu128 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=libtorch /opt/libtorch /opt/libtorch
COPY --from=server-cuda /opt/native /opt/savior/lib/native
COPY --from=server /opt/savior /opt/savior
COPY --from=server /opt/savior/conf/container.yaml /etc/savior/server.yaml
VOLUME /var/lib/savior
EXPOSE 8500 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["savior", "health", "--config", "/etc/savior/server.yaml"]
CMD ["serve", "--repository", "/models", "--config", "/etc/savior/server.yaml"]
