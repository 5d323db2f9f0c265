"""A real Apache Kafka broker for Python tests, on kafka.sh beside this file.

    with Broker() as b:
        b.create_topic("t", 8)
        p = confluent_kafka.Producer({"bootstrap.servers": b.bootstrap})
        ...
        b.stop(); b.start()                 # SIGTERM, and again with the same data and port
        b.kill(); b.start()                 # SIGKILL
        b.delete_records("t", {0: 100})     # partition 0 begins at offset 100 now
        b.create_partitions("t", 16)
        b.delete_topic("t")

BrokerUnavailable is a unittest.SkipTest: without Java, Maven or confluent_kafka the test is skipped, with the reason.
Start a broker from a thread that outlives it: the JVM dies with the thread that started it.
"""

import contextlib
import ctypes
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

try:
    import confluent_kafka
    from confluent_kafka import admin as kafka_admin
except ImportError:
    confluent_kafka = None

SCRIPT = pathlib.Path(__file__).resolve().parent / "kafka.sh"
PR_SET_PDEATHSIG = 1


class BrokerUnavailable(unittest.SkipTest):
    """No broker can be had on this machine; the text says why."""


def free_ports(n=2):
    """Ports below the kernel's ephemeral range, so that no outgoing connection takes one while the broker is down."""
    ports = []
    while len(ports) < n:
        port = random.randint(20000, 32000)
        with contextlib.closing(socket.socket()) as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            if port not in ports:
                ports.append(port)
    return ports


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Broker:
    """One broker with its own data directory, removed at the end. Started by __init__ unless start=False."""

    def __init__(self, start=True, properties=None, version=None):
        if confluent_kafka is None:
            raise BrokerUnavailable("no confluent_kafka for this Python (Debian: python3-confluent-kafka)")
        self._env = dict(os.environ)
        if version:
            self._env["TIDEMARK_KAFKA_VERSION"] = version
        fetched = subprocess.run([SCRIPT, "fetch"], env=self._env, stdout=subprocess.PIPE, text=True, check=False)
        if fetched.returncode == 77:
            raise BrokerUnavailable(fetched.stdout.strip().removeprefix("SKIPPED: "))
        if fetched.returncode != 0:
            raise RuntimeError(f"kafka.sh fetch: exit status {fetched.returncode}")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-broker-"))
        if properties:
            lines = "".join(f"{key}={value}\n" for key, value in properties.items())
            (self.dir / "extra.properties").write_text(lines)
        self.port, self._controller_port = free_ports()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process = None
        self._admin = None
        if start:
            try:
                self.start()
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    @property
    def log(self):
        """What the broker has written so far."""
        path = self.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def running(self):
        return self._process is not None and self._process.poll() is None

    def start(self, timeout=60):
        """Starts, or starts again, and returns when metadata requests are answered."""
        if self.running():
            return
        self._process = subprocess.Popen(
            [SCRIPT, "run", self.dir, str(self.port), str(self._controller_port)],
            env=self._env, preexec_fn=_die_with_parent)
        deadline = time.monotonic() + timeout
        while not self._accepts():
            if not self.running() or time.monotonic() > deadline:
                raise RuntimeError("the broker did not start:\n" + self.log[-4000:])
            time.sleep(0.05)
        self.admin().list_topics(timeout=30)

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def freeze(self):
        """Neither answers nor closes a connection, until thaw()."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        self._admin = None
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def admin(self):
        if self._admin is None:
            self._admin = kafka_admin.AdminClient(
                {"bootstrap.servers": self.bootstrap, "reconnect.backoff.max.ms": 500, "log_level": 0})
        return self._admin

    def create_topic(self, name, partitions=1, config=None):
        topic = kafka_admin.NewTopic(name, partitions, 1, config=config or {})

        def created():
            try:
                self._done(self.admin().create_topics([topic], operation_timeout=30))
            except confluent_kafka.KafkaException as error:
                if error.args[0].code() != confluent_kafka.KafkaError.INVALID_REPLICATION_FACTOR:
                    raise
                return False  # the controller has not heard of the broker since it started: it is "fenced"
            return True

        self._await(created)
        self._await(lambda: self._partitions(name) == partitions)

    def delete_topic(self, name):
        self._done(self.admin().delete_topics([name], operation_timeout=30))
        self._await(lambda: self._partitions(name) == 0)

    def create_partitions(self, name, total):
        self._done(self.admin().create_partitions([kafka_admin.NewPartitions(name, total)], operation_timeout=30))
        self._await(lambda: self._partitions(name) == total)

    def delete_records(self, topic, before):
        """Removes the records of each partition before its offset: {partition: offset}."""
        _delete_records(self.bootstrap, topic, before)

    def offsets(self, topic, partition=0):
        """(first, end) of a partition, asked of the broker."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.bootstrap, "group.id": "tidemark-test-offsets"})
        try:
            return consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=30)
        finally:
            consumer.close()

    def _accepts(self):
        with contextlib.closing(socket.socket()) as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def _partitions(self, name):
        topics = self.admin().list_topics(timeout=30).topics
        return len(topics[name].partitions) if name in topics else 0

    def _end(self, how):
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @staticmethod
    def _done(futures):
        for future in futures.values():
            future.result(timeout=30)

    @staticmethod
    def _await(condition, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError("the broker did not come to the state asked for")
            time.sleep(0.05)


def _delete_records(bootstrap, topic, before):
    """confluent_kafka 1.7 has no DeleteRecords, but the library under it has."""
    lib = ctypes.CDLL("librdkafka.so.1")
    pointers = ("conf_new", "new", "topic_partition_list_new", "topic_partition_list_add", "DeleteRecords_new",
                "queue_new", "queue_poll", "event_DeleteRecords_result", "DeleteRecords_result_offsets")
    for name in pointers:
        getattr(lib, "rd_kafka_" + name).restype = ctypes.c_void_p
    lib.rd_kafka_err2str.restype = ctypes.c_char_p
    void = ctypes.c_void_p
    text = ctypes.create_string_buffer(512)
    conf = void(lib.rd_kafka_conf_new())
    lib.rd_kafka_conf_set(conf, b"bootstrap.servers", bootstrap.encode(), text, ctypes.c_size_t(len(text)))
    client = void(lib.rd_kafka_new(0, conf, text, ctypes.c_size_t(len(text))))
    offsets = void(lib.rd_kafka_topic_partition_list_new(len(before)))
    for partition in before:
        lib.rd_kafka_topic_partition_list_add(offsets, topic.encode(), partition)
    for partition, offset in before.items():
        lib.rd_kafka_topic_partition_list_set_offset(offsets, topic.encode(), partition, ctypes.c_int64(offset))
    request = void(lib.rd_kafka_DeleteRecords_new(offsets))
    queue = void(lib.rd_kafka_queue_new(client))
    requests = (void * 1)(request)
    lib.rd_kafka_DeleteRecords(client, requests, ctypes.c_size_t(1), None, queue)
    event = void(lib.rd_kafka_queue_poll(queue, 30000))
    error = lib.rd_kafka_event_error(event) if event else -185  # timed out
    if not error:
        error = _first_partition_error(lib, void(lib.rd_kafka_event_DeleteRecords_result(event)))
    if event:
        lib.rd_kafka_event_destroy(event)
    lib.rd_kafka_DeleteRecords_destroy(request)
    lib.rd_kafka_topic_partition_list_destroy(offsets)
    lib.rd_kafka_queue_destroy(queue)
    lib.rd_kafka_destroy(client)
    if error:
        raise RuntimeError("DeleteRecords: " + lib.rd_kafka_err2str(error).decode())


class _Element(ctypes.Structure):
    _fields_ = [("topic", ctypes.c_char_p), ("partition", ctypes.c_int32), ("offset", ctypes.c_int64),
                ("metadata", ctypes.c_void_p), ("metadata_size", ctypes.c_size_t), ("opaque", ctypes.c_void_p),
                ("err", ctypes.c_int), ("private", ctypes.c_void_p)]


class _List(ctypes.Structure):
    _fields_ = [("cnt", ctypes.c_int), ("size", ctypes.c_int), ("elems", ctypes.POINTER(_Element))]


def _first_partition_error(lib, result):
    offsets = ctypes.c_void_p(lib.rd_kafka_DeleteRecords_result_offsets(result))
    listed = ctypes.cast(offsets, ctypes.POINTER(_List)).contents
    return next((listed.elems[i].err for i in range(listed.cnt) if listed.elems[i].err), 0)

