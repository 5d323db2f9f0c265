#include "tests/broker/real_broker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

namespace tidemark {
namespace {

using namespace std::chrono_literals;
constexpr int kSkipStatus = 77;
constexpr int kAdminTimeoutMs = 30000;

const std::string& Script() {
  static const std::string script = TIDEMARK_BROKER_SCRIPT;
  return script;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Calls bind or connect on a fresh socket.
bool TrySocket(int port, int (*call)(int, const sockaddr*, socklen_t)) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool ok = call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return ok;
}

// Below the kernel's ephemeral range, so that no connection takes the port while the broker is down.
int FreePort() {
  static std::mt19937 random(std::random_device{}());
  for (;;) {
    const int port = std::uniform_int_distribution<int>(20000, 32000)(random);
    if (TrySocket(port, &bind)) return port;
  }
}

Status FetchJars() {
  FILE* pipe = popen((Script() + " fetch").c_str(), "r");
  if (pipe == nullptr) return Internal("kafka.sh cannot be run");
  std::string output;
  std::array<char, 256> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
  const int status = pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipStatus) return NotFound(output);
  return status == 0 ? Status() : Internal("kafka.sh fetch failed: " + output);
}

Status ToStatus(KafkaPtr<rd_kafka_error_t> error) {
  return error == nullptr ? Status() : Unavailable(rd_kafka_error_string(error.get()));
}

rd_kafka_resp_err_t FirstTopicError(const rd_kafka_topic_result_t** results, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (const auto error = rd_kafka_topic_result_error(results[i])) return error;
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// The first error of any topic or partition in the answer to an admin request.
rd_kafka_resp_err_t AdminError(rd_kafka_event_t* event) {
  if (const auto error = rd_kafka_event_error(event)) return error;
  size_t count = 0;
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT: {
      const auto* result = rd_kafka_event_CreateTopics_result(event);
      return FirstTopicError(rd_kafka_CreateTopics_result_topics(result, &count), count);
    }
    case RD_KAFKA_EVENT_DELETETOPICS_RESULT: {
      const auto* result = rd_kafka_event_DeleteTopics_result(event);
      return FirstTopicError(rd_kafka_DeleteTopics_result_topics(result, &count), count);
    }
    case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT: {
      const auto* result = rd_kafka_event_CreatePartitions_result(event);
      return FirstTopicError(rd_kafka_CreatePartitions_result_topics(result, &count), count);
    }
    case RD_KAFKA_EVENT_DELETERECORDS_RESULT: {
      const auto* list = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
      for (int i = 0; i < list->cnt; ++i) {
        if (list->elems[i].err) return list->elems[i].err;
      }
      return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    default:
      return RD_KAFKA_RESP_ERR__BAD_MSG;
  }
}

}  // namespace

RealBroker::RealBroker(std::string dir, int port, int controller_port)
    : dir_(std::move(dir)), port_(port), controller_port_(controller_port) {}

Result<std::unique_ptr<RealBroker>> RealBroker::Start() {
  TM_RETURN_IF_ERROR(FetchJars());
  std::string dir = (std::filesystem::temp_directory_path() / "tidemark-broker-XXXXXX").string();
  if (mkdtemp(dir.data()) == nullptr) return Internal("no temporary directory for the broker");
  std::unique_ptr<RealBroker> broker(new RealBroker(dir, FreePort(), FreePort()));
  TM_RETURN_IF_ERROR(broker->Launch());
  return broker;
}

RealBroker::~RealBroker() {
  client_.reset();
  Kill9();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

Status RealBroker::Launch() {
  const std::string port = std::to_string(port_);
  const std::string controller_port = std::to_string(controller_port_);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) return Internal("fork failed");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    execl(Script().c_str(), "kafka.sh", "run", dir_.c_str(), port.c_str(), controller_port.c_str(), nullptr);
    _exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!TrySocket(port_, &connect)) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return Internal("the broker did not start; see its log in " + dir_);
    }
    if (std::chrono::steady_clock::now() > deadline) return Internal("the broker is not up after a minute");
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

void RealBroker::Stop() { End(SIGTERM); }

void RealBroker::Kill9() { End(SIGKILL); }

Status RealBroker::Restart() { return Launch(); }

void RealBroker::End(int signal) {
  if (pid_ < 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Status RealBroker::Admin(std::function<void(rd_kafka_t*, rd_kafka_queue_t*)> request) {
  if (client_ == nullptr) {
    TM_ASSIGN_OR_RETURN(auto producer, KafkaProducer::Open(bootstrap()));
    client_ = std::move(producer);
  }
  rd_kafka_t* const client = client_->client();
  KafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(client));
  request(client, queue.get());
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue.get(), kAdminTimeoutMs);
  if (event == nullptr) return Unavailable("the broker did not answer an admin request");
  const rd_kafka_resp_err_t error = AdminError(event);
  rd_kafka_event_destroy(event);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : Unavailable(rd_kafka_err2str(error));
}

Status RealBroker::CreateTopic(const std::string& name, int partitions) {
  TM_RETURN_IF_ERROR(Admin([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    char text[256];
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text, sizeof text);
    rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
    rd_kafka_NewTopic_destroy(topic);
  }));
  return AwaitPartitions(name, partitions);
}

Status RealBroker::DeleteTopic(const std::string& name) {
  TM_RETURN_IF_ERROR(Admin([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
    rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue);
    rd_kafka_DeleteTopic_destroy(topic);
  }));
  return AwaitPartitions(name, 0);
}

Status RealBroker::CreatePartitions(const std::string& topic, int total) {
  TM_RETURN_IF_ERROR(Admin([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    char text[256];
    rd_kafka_NewPartitions_t* partitions =
        rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(total), text, sizeof text);
    rd_kafka_CreatePartitions(client, &partitions, 1, nullptr, queue);
    rd_kafka_NewPartitions_destroy(partitions);
  }));
  return AwaitPartitions(topic, total);
}

Status RealBroker::DeleteRecords(const std::string& topic, const std::map<int32_t, int64_t>& before) {
  return Admin([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    KafkaList list = NewKafkaList(before.size());
    for (const auto& [partition, offset] : before) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    }
    rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list.get());
    rd_kafka_DeleteRecords(client, &request, 1, nullptr, queue);
    rd_kafka_DeleteRecords_destroy(request);
  });
}

Status RealBroker::AwaitPartitions(const std::string& topic, int count) {
  for (int attempt = 0; attempt < 3000; ++attempt) {  // a minute
    const rd_kafka_metadata_t* raw = nullptr;
    int seen = -1;
    if (rd_kafka_metadata(client_->client(), 1, nullptr, &raw, kAdminTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const KafkaPtr<const rd_kafka_metadata_t> metadata(raw);
      seen = 0;
      for (int i = 0; i < metadata->topic_cnt; ++i) {
        if (topic == metadata->topics[i].topic) seen = metadata->topics[i].partition_cnt;
      }
    }
    if (seen == count) return {};
    std::this_thread::sleep_for(20ms);
  }
  return Unavailable("topic " + topic + " did not come to have " + std::to_string(count) + " partitions");
}

Result<std::unique_ptr<Transaction>> Transaction::Begin(const std::string& bootstrap,
                                                        const std::string& transactional_id) {
  std::unique_ptr<Transaction> transaction(new Transaction);
  TM_ASSIGN_OR_RETURN(transaction->producer_, KafkaProducer::Open(bootstrap, {{"transactional.id", transactional_id}}));
  rd_kafka_t* client = transaction->producer_->client();
  TM_RETURN_IF_ERROR(ToStatus(KafkaPtr<rd_kafka_error_t>(rd_kafka_init_transactions(client, kAdminTimeoutMs))));
  TM_RETURN_IF_ERROR(ToStatus(KafkaPtr<rd_kafka_error_t>(rd_kafka_begin_transaction(client))));
  return transaction;
}

Status Transaction::Produce(const std::string& topic, int32_t partition, const std::string& key,
                            const std::string& value) {
  return producer_->Produce(topic, partition, key, value);
}

Status Transaction::Flush() { return producer_->Flush(30s); }

Status Transaction::Commit() {
  return ToStatus(KafkaPtr<rd_kafka_error_t>(rd_kafka_commit_transaction(producer_->client(), kAdminTimeoutMs)));
}

Status Transaction::Abort() {
  TM_RETURN_IF_ERROR(Flush());
  return ToStatus(KafkaPtr<rd_kafka_error_t>(rd_kafka_abort_transaction(producer_->client(), kAdminTimeoutMs)));
}

}  // namespace tidemark
