// The least a consumer can cost: librdkafka's batches, counted and thrown away. What the daemon's CPU is measured
// against.
//
//   bare_consumer BROKERS TOPIC PARTITIONS EVENTS
//
// Reads all partitions from the beginning until EVENTS records came. Prints one line of JSON with the CPU seconds of
// the whole process.
#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

rd_kafka_t* Open(const char* brokers) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  // The prefetch that the daemon asks for as well: the default caps a busy consumer.
  for (const auto& [name, value] :
       {std::pair{"bootstrap.servers", brokers}, std::pair{"group.id", "bare"},
        std::pair{"auto.offset.reset", "earliest"}, std::pair{"enable.auto.commit", "false"},
        std::pair{"queued.min.messages", "10000000"}, std::pair{"queued.max.messages.kbytes", "131072"}}) {
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
      std::fprintf(stderr, "bare_consumer: %s\n", error);
      std::exit(1);
    }
  }
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (client == nullptr) {
    std::fprintf(stderr, "bare_consumer: %s\n", error);
    std::exit(1);
  }
  rd_kafka_poll_set_consumer(client);
  return client;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "bare_consumer BROKERS TOPIC PARTITIONS EVENTS\n");
    return 2;
  }
  const long long wanted = std::atoll(argv[4]);
  const auto began = std::chrono::steady_clock::now();
  rd_kafka_t* client = Open(argv[1]);
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(8);
  for (int p = 0; p < std::atoi(argv[3]); ++p) {
    rd_kafka_topic_partition_list_add(all, argv[2], p)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client, all);
  rd_kafka_topic_partition_list_destroy(all);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> batch(1'000);
  long long count = 0, bytes = 0;
  auto last = began;
  while (count < wanted && std::chrono::steady_clock::now() - last < std::chrono::seconds(20)) {
    const ssize_t n = rd_kafka_consume_batch_queue(queue, 100, batch.data(), batch.size());
    for (ssize_t i = 0; i < n; ++i) {
      if (batch[static_cast<size_t>(i)]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++count;
        bytes += static_cast<long long>(batch[static_cast<size_t>(i)]->len);
      }
      rd_kafka_message_destroy(batch[static_cast<size_t>(i)]);
    }
    if (n > 0) last = std::chrono::steady_clock::now();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("{\"events\": %lld, \"bytes\": %lld, \"cpu_seconds\": %.4f, \"seconds\": %.4f}\n", count, bytes,
              CpuSeconds(), seconds);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return count >= wanted ? 0 : 1;
}
