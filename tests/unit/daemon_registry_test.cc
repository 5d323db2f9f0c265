// The client of schema registries against one that answers what it shouldn't, and what follows from its answers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "config/config.h"
#include "daemon/clock.h"
#include "daemon/schema_registry.h"
#include "daemon/schema_watch.h"
#include "tests/fakes/http_answers.h"

namespace tidemark {
namespace {

constexpr char kMissing[] = R"({"error_code":40403,"message":"Schema 7 not found"})";

struct RegistryTest : testing::Test {
  RegistryTest() : dir(testing::TempDir() + "daemon_registry." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir);
    spec.urls = {server.url()};
  }
  ~RegistryTest() override { std::filesystem::remove_all(dir); }
  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(dir + "/" + name, std::ios::binary) << text;
    return dir + "/" + name;
  }
  Result<std::shared_ptr<const WriterSchema>> Fetch(uint32_t id = 7) {
    codes.clear();
    return SchemaRegistry(spec, [this](long code) { codes.push_back(code); }, nullptr).Fetch(id);
  }
  std::string LastRequest() const { return server.requests().back(); }

  const std::string dir;
  HttpAnswers server;
  RegistrySpec spec;
  std::vector<long> codes;
};

TEST_F(RegistryTest, ASchemaOfEachKindComesWithItsText) {
  const std::pair<std::string, WriterSchema::Kind> kKinds[] = {
      {"", WriterSchema::Kind::kAvro}, {R"(,"schemaType":"AVRO")", WriterSchema::Kind::kAvro},
      {R"(,"schemaType":"JSON")", WriterSchema::Kind::kJson}, {R"(,"schemaType":"PROTOBUF","references":[])", WriterSchema::Kind::kProtobuf}};
  for (const auto& [rest, kind] : kKinds) {
    server.Set("/schemas/ids/7", R"({"schema":"{\"type\":\"string\",\"x\":\"\u00e9\"}")" + rest + "}");
    const auto schema = Fetch();
    ASSERT_TRUE(schema.ok()) << schema.status().text();
    EXPECT_EQ((*schema)->kind, kind);
    EXPECT_EQ((*schema)->text, "{\"type\":\"string\",\"x\":\"\xc3\xa9\"}");
    EXPECT_EQ(codes, std::vector<long>{200});
  }
}

TEST_F(RegistryTest, WhatItRefersToComesWithItOnceEach) {
  server.Set("/schemas/ids/7", R"({"schemaType":"PROTOBUF","schema":"top","references":[
      {"name":"a.proto","subject":"a/b c","version":3},{"name":"d.proto","subject":"d","version":1}]})");
  server.Set("/subjects/a%2fb%20c/versions/3", R"({"subject":"a/b c","version":3,"id":1,"schemaType":"PROTOBUF","schema":"a","references":[{"name":"d.proto","subject":"d","version":1}]})");
  server.Set("/subjects/d/versions/1", R"({"subject":"d","version":1,"id":2,"schemaType":"PROTOBUF","schema":"d"})");
  const auto schema = Fetch();
  ASSERT_TRUE(schema.ok()) << schema.status().text();
  ASSERT_EQ((*schema)->references.size(), 2u);
  EXPECT_EQ((*schema)->references[0].first, "a.proto");
  EXPECT_EQ((*schema)->references[0].second.text, "a");
  EXPECT_EQ((*schema)->references[0].second.references.at(0).second.text, "d");
  EXPECT_EQ((*schema)->references[1].second.text, "d");
  EXPECT_EQ(codes.size(), 3u);
}

TEST_F(RegistryTest, WhateverASubjectIsCalledItIsOneStepOfThePath) {
  server.Set("/schemas/ids/7", R"({"schema":"x","references":[{"name":"a","subject":"aZ09-_.~/:?[{\u00e9","version":1}]})");
  server.Set("/subjects/aZ09-_.~%2f%3a%3f%5b%7b%c3%a9/versions/1", R"({"schema":"a"})");
  const auto schema = Fetch();
  ASSERT_TRUE(schema.ok()) << schema.status().text();
  EXPECT_EQ((*schema)->references.at(0).second.text, "a");
}

TEST_F(RegistryTest, WhatRefersToItselfOrToTooMuchIsRefused) {
  server.Set("/schemas/ids/7", R"({"schema":"x","references":[{"name":"a","subject":"a","version":1}]})");
  server.Set("/subjects/a/versions/1", R"({"schema":"x","references":[{"name":"b","subject":"b","version":1}]})");
  server.Set("/subjects/b/versions/1", R"({"schema":"x","references":[{"name":"a","subject":"a","version":1}]})");
  EXPECT_EQ(Fetch().status().text(), "/subjects/a/versions/1: a schema refers to itself");
  for (int depth = 0; depth < 40; ++depth) {
    const std::string next = std::to_string(depth + 1);
    server.Set("/subjects/s/versions/" + std::to_string(depth), R"({"schema":"x","references":[{"name":"n","subject":"s","version":)" + next + "}]}");
  }
  server.Set("/schemas/ids/7", R"({"schema":"x","references":[{"name":"n","subject":"s","version":0}]})");
  EXPECT_EQ(Fetch().status().text(), "/subjects/s/versions/32: a schema refers to too much");
  // Each step twice as much as the one before.
  for (int depth = 0; depth < 30; ++depth) {
    const std::string next = R"({"name":"n","subject":"s","version":)" + std::to_string(depth + 1) + "}";
    server.Set("/subjects/s/versions/" + std::to_string(depth), R"({"schema":"x","references":[)" + next + "," + next + "]}");
  }
  server.Set("/subjects/s/versions/30", R"({"schema":"x"})");
  const Status doubled = Fetch().status();
  EXPECT_NE(doubled.text().find("larger than 8 MiB"), std::string::npos) << doubled.text();
  // All at once.
  std::string many;
  for (int n = 0; n < 257; ++n) {
    many += (n == 0 ? "" : ",") + (R"({"name":"n","subject":"m","version":)" + std::to_string(n) + "}");
    server.Set("/subjects/m/versions/" + std::to_string(n), R"({"schema":"x"})");
  }
  server.Set("/schemas/ids/7", R"({"schema":"x","references":[)" + many + "]}");
  EXPECT_EQ(Fetch().status().text(), "/subjects/m/versions/256: a schema refers to too much");
}

TEST_F(RegistryTest, ANumberThatItDoesNotKnowIsTold) {
  server.Set("/schemas/ids/7", kMissing, 404);
  const Status status = Fetch().status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.text(), server.url() + "/schemas/ids/7 answers 404: Schema 7 not found");
  // A part that is missing is another matter.
  server.Set("/schemas/ids/7", R"({"schema":"x","references":[{"name":"a","subject":"a","version":1}]})");
  server.Set("/subjects/a/versions/1", R"({"error_code":40403,"message":"Schema not found"})", 404);
  EXPECT_EQ(Fetch().status().code(), Code::kInvalid);
}

TEST_F(RegistryTest, AnswersThatAreOfNoUseAreRefused) {
  const struct {
    std::string body;
    int code;
    std::string said;
  } kRows[] = {
      {"", 200, "/schemas/ids/7: the answer holds no schema"},
      {"<html>", 200, "/schemas/ids/7: the answer holds no schema"},
      {"[]", 200, "/schemas/ids/7: the answer holds no schema"},
      {R"({"schema":7})", 200, "/schemas/ids/7: the answer holds no schema"},
      {R"({"schema":"x","schemaType":"XSD"})", 200, "/schemas/ids/7: the schema is of a type other than AVRO, JSON and PROTOBUF"},
      {R"({"schema":"x","schemaType":3})", 200, "/schemas/ids/7: the schema is of a type other than AVRO, JSON and PROTOBUF"},
      {R"({"schema":"x","references":[{"name":"a"}]})", 200, "/schemas/ids/7: a reference has no name, subject or version"},
      {R"({"schema":"x","references":[{"name":"a","subject":"b"}]})", 200, "/schemas/ids/7: a reference has no name, subject or version"},
      {R"({"schema":"x","references":[{"name":"a","subject":"b","version":"1"}]})", 200, "/schemas/ids/7: a reference has no name, subject or version"},
      {R"({"schema":"x","references":[7]})", 200, "/schemas/ids/7: a reference has no name, subject or version"},
      {"\xff", 200, "/schemas/ids/7: the answer holds no schema"},
      {std::string(100'000, '['), 200, "/schemas/ids/7: the answer holds no schema"},
      {"<html>no such page</html>", 404, server.url() + "/schemas/ids/7 answers 404"},
      {R"({"error_code":40301})", 403, server.url() + "/schemas/ids/7 answers 403"},
      {R"({"error_code":"40403","message":"one of another"})", 404, server.url() + "/schemas/ids/7 answers 404: one of another"},
      {R"({"error_code":401,"message":"Unauthorized"})", 401, server.url() + "/schemas/ids/7 answers 401: Unauthorized"},
      {R"({"error_code":50001,"message":"Error in the backend datastore"})", 500, server.url() + "/schemas/ids/7 answers 500: Error in the backend datastore"},
  };
  for (const auto& row : kRows) {
    server.Set("/schemas/ids/7", row.body, row.code);
    const Status status = Fetch().status();
    EXPECT_EQ(status.code(), Code::kInvalid) << row.body.substr(0, 50);
    EXPECT_EQ(status.text(), row.said);
  }
  std::string endless;
  for (int n = 0; n < 400; ++n) endless += "\xc3\xa9";
  server.Set("/schemas/ids/7", R"({"message":")" + endless + "\"}", 400);
  EXPECT_EQ(Fetch().status().text(), server.url() + "/schemas/ids/7 answers 400: " + endless.substr(0, 200));
  server.Set("/schemas/ids/7", R"({"message":"x)" + endless + "\"}", 400);
  EXPECT_EQ(Fetch().status().text(), server.url() + "/schemas/ids/7 answers 400: x" + endless.substr(0, 198)) << "cut between characters";
}

TEST_F(RegistryTest, ARedirectIsNotFollowed) {
  HttpAnswers other;
  other.Set("/schemas/ids/7", R"({"schema":"x"})");
  server.Set("/schemas/ids/7", "", 302, "Location: " + other.url() + "/schemas/ids/7\r\n");
  EXPECT_EQ(Fetch().status().text(), server.url() + "/schemas/ids/7 answers 302");
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(RegistryTest, AHugeAnswerIsCutOff) {
  server.Set("/schemas/ids/7", R"({"schema":")" + std::string(5u << 20, 'x') + "\"}");
  EXPECT_EQ(Fetch().status().code(), Code::kUnavailable);
  EXPECT_EQ(codes, std::vector<long>{0});
}

TEST_F(RegistryTest, OneThatHangsIsGivenUpInTimeAndWhenNobodyWaitsAnyMore) {
  server.Hang("/schemas/ids/7");
  spec.timeout = std::chrono::seconds(1);
  EXPECT_EQ(Fetch().status().code(), Code::kUnavailable);
  spec.timeout = std::chrono::minutes(10);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(SchemaRegistry(spec, [](long) {}, &stop).Fetch(7).status().code(), Code::kUnavailable);
}

TEST_F(RegistryTest, TheNextIsAskedWhereOneIsAwayOrBroken) {
  HttpAnswers broken, other;
  std::string gone;
  {
    const HttpAnswers closed;
    gone = closed.url();
  }
  broken.Set("/schemas/ids/7", "", 503);
  other.Set("/schemas/ids/7", R"({"schema":"x"})");
  spec.urls = {gone, broken.url(), other.url()};
  SchemaRegistry registry(spec, [this](long code) { codes.push_back(code); }, nullptr);
  ASSERT_TRUE(registry.Fetch(7).ok());
  ASSERT_TRUE(registry.Fetch(7).ok()) << "and asked first from then on";
  EXPECT_EQ(codes, (std::vector<long>{0, 503, 200, 200}));
  other.Set("/schemas/ids/7", kMissing, 404);
  EXPECT_EQ(registry.Fetch(7).status().code(), Code::kNotFound);
  EXPECT_EQ(codes.size(), 5u) << "which is an answer";
}

TEST_F(RegistryTest, PasswordsAndTokensAreReadForEachRequest) {
  server.Set("/schemas/ids/7", R"({"schema":"x"})");
  spec.username = "me";
  spec.password_file = File("password", "secret\n");
  ASSERT_TRUE(Fetch().ok());
  EXPECT_NE(LastRequest().find("Authorization: Basic bWU6c2VjcmV0\r\n"), std::string::npos) << LastRequest();
  File("password", "other\r\n");
  ASSERT_TRUE(Fetch().ok());
  EXPECT_NE(LastRequest().find("Authorization: Basic bWU6b3RoZXI=\r\n"), std::string::npos) << LastRequest();
  spec.username = spec.password_file = "";
  spec.bearer_token_file = File("token", "abc.def\n");
  ASSERT_TRUE(Fetch().ok());
  EXPECT_NE(LastRequest().find("Authorization: Bearer abc.def\r\n"), std::string::npos) << LastRequest();
  spec.bearer_token_file = dir + "/none";
  const size_t before = server.requests().size();
  EXPECT_EQ(Fetch().status().text(), dir + "/none: cannot be read");
  EXPECT_EQ(server.requests().size(), before) << "asked without a token";
}

TEST_F(RegistryTest, BlanksInJsonMakeNoOtherSchema) {
  const WriterSchema a{WriterSchema::Kind::kAvro, R"({"type": "record", "name": "a \" b"})", {}};
  WriterSchema b = a;
  b.text = "{\"type\":\n\"record\",\"name\":\"a \\\" b\"}";
  EXPECT_TRUE(SameSchema(a, b));
  b.text = "{\"type\":\r\n\t\"record\",\t\"name\":\"a \\\" b\"}";
  EXPECT_TRUE(SameSchema(a, b));
  b.text = R"({"type":"record","name":"a \"b"})";
  EXPECT_FALSE(SameSchema(a, b));
  b.text = "{\"type\": \"rec\\";
  EXPECT_FALSE(SameSchema(a, b)) << "a text that is no JSON";
  b = a;
  b.kind = WriterSchema::Kind::kProtobuf;
  EXPECT_FALSE(SameSchema(a, b));
  b = a;
  b.references.emplace_back("x", a);
  EXPECT_FALSE(SameSchema(a, b));
  WriterSchema c = b;
  EXPECT_TRUE(SameSchema(b, c));
  c.references[0].second.text = "{}";
  EXPECT_FALSE(SameSchema(b, c));
  c = b;
  c.references[0].first = "y";
  EXPECT_FALSE(SameSchema(b, c));
  const WriterSchema one{WriterSchema::Kind::kProtobuf, "message M {}", {}}, other{WriterSchema::Kind::kProtobuf, "message M { }", {}};
  EXPECT_FALSE(SameSchema(one, other)) << "of Protobuf blanks may be within a text";
}

constexpr char kConfig[] = R"(
kafka: {brokers: none}
sources:
  crm: {topics: [crm], format: avro, framing: confluent, events: [{emit: lead.created, set: {lead.id: row.id}}]}
kpis: [{name: leads, count: true, on: lead.created, windows: [24h]}]
)";

struct SchemaWatchTest : RegistryTest {
  SchemaWatchTest() {
    Diagnostics diagnostics;
    ParseConfig("c.yaml", kConfig + ("registry: {url: \"" + server.url() + "\", missing: [99]}\n"), &specs, &diagnostics);
    if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
    pace.look = pace.first = std::chrono::milliseconds(1);
    pace.most = std::chrono::milliseconds(8);
  }
  // Within a time that no machine needs.
  template <class F>
  static bool Until(F condition) {
    for (const Duration begin = SteadyNow(); SteadyNow() - begin < std::chrono::seconds(60); std::this_thread::yield()) {
      if (condition()) return true;
    }
    return false;
  }
  std::string Exposed(const std::string& name) const {
    StringSink sink;
    TextBuffer out(&sink);
    own.Write(nullptr, TextFormat::kPrometheus, &out);
    out.Flush();
    const size_t at = sink.text().find("\n" + name);
    return at == std::string::npos ? "none" : sink.text().substr(at + 1, sink.text().find('\n', at + 1) - at - 1).substr(name.size() + 1);
  }

  Specs specs;
  std::shared_ptr<const Plan> plan;
  OwnMetrics own{MemoryPlan()};
  SchemaWatch::Pace pace;
};

TEST_F(SchemaWatchTest, WhatIsWantedIsFetchedOnceAndKept) {
  server.Set("/schemas/ids/7", R"({"schema":"x"})");
  SchemaWatch watch(specs, *plan, &own, pace);
  WriterSchemas& schemas = *watch.book().at("crm");
  schemas.Want(7);
  ASSERT_TRUE(Until([&] { return schemas.Find(7) != nullptr; }));
  EXPECT_EQ(schemas.Find(7)->text, "x");
  schemas.Want(7);
  schemas.Want(8);
  ASSERT_TRUE(Until([&] { return server.Count("/schemas/ids/8") > 1; }));
  EXPECT_EQ(server.Count("/schemas/ids/7"), 1u);
  EXPECT_EQ(Exposed("tidemark_registry_requests_total{code=\"200\"}"), "1");
  EXPECT_EQ(Exposed("tidemark_registry_conflicting_schemas"), "0");
}

TEST_F(SchemaWatchTest, WhatCannotBeHadYetIsAskedForAgainAndWhyIsSaid) {
  server.Set("/schemas/ids/7", kMissing, 404);
  SchemaWatch watch(specs, *plan, &own, pace);
  WriterSchemas& schemas = *watch.book().at("crm");
  schemas.Want(7);
  ASSERT_TRUE(Until([&] { return server.Count("/schemas/ids/7") > 5; }));
  EXPECT_EQ(schemas.trouble(7), server.url() + "/schemas/ids/7 answers 404: Schema 7 not found");
  EXPECT_EQ(Exposed("tidemark_registry_up"), "1");
  server.Set("/schemas/ids/7", "", 500);
  ASSERT_TRUE(Until([&] { return Exposed("tidemark_registry_up") == "0"; }));
  server.Set("/schemas/ids/7", R"({"schema":"x"})");
  ASSERT_TRUE(Until([&] { return schemas.Find(7) != nullptr; }));
  EXPECT_EQ(schemas.trouble(7), "");
  EXPECT_EQ(Exposed("tidemark_registry_up"), "1");
}

TEST_F(SchemaWatchTest, AttemptsComeLessAndLessOften) {
  server.Set("/schemas/ids/7", kMissing, 404);
  pace.first = std::chrono::milliseconds(200);
  pace.most = std::chrono::hours(1);
  SchemaWatch watch(specs, *plan, &own, pace);
  watch.book().at("crm")->Want(7);
  const Duration begin = SteadyNow();
  ASSERT_TRUE(Until([&] { return server.Count("/schemas/ids/7") == 4; }));
  EXPECT_GE(SteadyNow() - begin, std::chrono::milliseconds(200 + 400 + 800));
}

TEST_F(SchemaWatchTest, WhatNobodyHasAnyMoreIsGivenUpWithoutAsking) {
  SchemaWatch watch(specs, *plan, &own, pace);
  WriterSchemas& schemas = *watch.book().at("crm");
  schemas.Want(99);
  ASSERT_TRUE(Until([&] { return schemas.Find(99) != nullptr; }));
  EXPECT_TRUE(schemas.Find(99)->none());
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(SchemaWatchTest, ARegistryThatMeansSomethingElseByANumberChangesNothingAndIsTold) {
  server.Set("/schemas/ids/7", "", 500);
  server.Set("/schemas/ids/8", R"({"schema":"x"})");
  server.Set("/schemas/ids/9", kMissing, 404);
  pace.compare = std::chrono::milliseconds(5);
  SchemaWatch watch(specs, *plan, &own, pace);
  WriterSchemas& schemas = *watch.book().at("crm");
  schemas.Want(9);  // which it doesn't have: asked for now and then, and nothing else waits for that
  for (const uint32_t id : {7u, 8u}) schemas.Add(id, std::make_shared<WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, "x", {}}));
  ASSERT_TRUE(Until([&] { return server.Count("/schemas/ids/7") > 2 && server.Count("/schemas/ids/8") > 2; })) << "each has its turn";
  EXPECT_EQ(Exposed("tidemark_registry_conflicting_schemas"), "0");
  server.Set("/schemas/ids/7", R"({"schema":"y"})");
  ASSERT_TRUE(Until([&] { return Exposed("tidemark_registry_conflicting_schemas") == "1"; }));
  EXPECT_EQ(schemas.Find(7)->text, "x");
  EXPECT_EQ(Exposed("tidemark_registry_up"), "1");
  server.Set("/schemas/ids/7", R"({"schema":"x"})");
  ASSERT_TRUE(Until([&] { return Exposed("tidemark_registry_conflicting_schemas") == "0"; }));
}

TEST_F(SchemaWatchTest, ForACommandASchemaIsAskedForOnceWhetherItCanBeHadOrNot) {
  server.Set("/schemas/ids/7", R"({"schema":"{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"}]}"})");
  server.Set("/schemas/ids/8", kMissing, 404);
  FetchedSchemas fetched(&*specs.registry);
  const Mapper& mapper = *plan->topics()[0].mapper;
  Mapper::Scratch scratch(mapper, fetched.schemas());
  MappedEvents events;
  const auto map = [&](char number) {
    const std::string value = std::string(4, '\0') + number + "\2a";
    return fetched.Map(mapper, {"crm", 0, Offset{1}, WallTimeFromMicros(1), "", value, {}}, &scratch, &events);
  };
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(map(7), MapOutcome::kMapped);
    EXPECT_EQ(map(8), MapOutcome::kAwaitsSchema);
    EXPECT_EQ(map(99), MapOutcome::kUndecodable) << "among registry.missing";
  }
  EXPECT_NE(fetched.schemas()->trouble(8).find("answers 404"), std::string::npos);
  EXPECT_EQ(server.Count("/schemas/ids/7"), 1u);
  EXPECT_EQ(server.Count("/schemas/ids/8"), 1u);
  EXPECT_EQ(server.Count("/schemas/ids/99"), 0u);
}

TEST_F(SchemaWatchTest, ForACommandWithoutARegistryItIsSaidThatThereIsNobodyToAsk) {
  FetchedSchemas fetched(nullptr);
  const Mapper& mapper = *plan->topics()[0].mapper;
  Mapper::Scratch scratch(mapper, fetched.schemas());
  MappedEvents events;
  const std::string value("\0\0\0\0\7\2a", 7);
  EXPECT_EQ(fetched.Map(mapper, {"crm", 0, Offset{1}, WallTimeFromMicros(1), "", value, {}}, &scratch, &events), MapOutcome::kAwaitsSchema);
  EXPECT_EQ(fetched.schemas()->trouble(7), "there is no registry to ask");
}

}  // namespace
}  // namespace tidemark
