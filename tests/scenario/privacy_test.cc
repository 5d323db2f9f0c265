// Personal data: what a label or an id is hashed to, and that nothing else is left of it in what is stored.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

using events::v1::Event;

constexpr char kKey[] = "0123456789abcdef0123456789abcdef", kOtherKey[] = "another key of the company";
// As Python has it: hmac.new(kKey, value, "sha256").hexdigest()[:16].
constexpr char kAda[] = "bcfa6aa5642f6ffa", kBob[] = "f9ebf9b128f4b5f6", kPhone[] = "606876bc79a15bc2";
constexpr char kOtherAda[] = "ef9d689acdd5da2a";

// KPIs of every way from an event to a label, and to an id.
constexpr char kAll[] = R"(
fields:
  who: hash(contact.email)
  line: hash(contact.phone)
kpis:
  - {name: leads, on: lead.created, count: true, by: {who: {field: contact.email, personal: hash}}, windows: [1h, lifetime]}
  - {name: lines, on: lead.created, count: true, by: {line: line, who: who}, where: 'line != ""', windows: [lifetime]}
  - {name: people, on: lead.created, distinct: who, windows: [1h, lifetime]}
  - {name: latest, on: lead.created, active: lead.id, by: {who: who}, windows: [1h]}
  - {name: reached, key: lead.id, elapsed: {from: lead.created, to: lead.contacted}, stats: [count], by: {who: {field: from.contact.email, personal: hash}, to: to.who},
     windows: [lifetime]}
  - {name: steps, key: lead.id, funnel: {steps: [lead.created, lead.contacted], within: 30d}, by: {who: {field: contact.email, personal: hash}}, windows: [lifetime]}
  - {name: now, key: lead.id, on: [lead.created, lead.contacted], open: true, until: lead.lost, by: {who: {field: contact.email, personal: hash}},
     where: who != "0000000000000000"}
  - {name: numbers, key: lead.id, on: lead.created, open: {distinct: line}, until: lead.lost}
  - {name: kept, key: lead.id, on: lead.created, count: true, by: {who: who}, correct: {by: lead.contacted}, windows: [lifetime]}
  - {name: stuck, key: lead.id, on: [lead.created, lead.contacted], open: {waiting_for: 1h}, until: lead.lost, by: {who: who}}
)";

struct PrivacyRig : EngineRig {
  Status Configure(const std::string& yaml, const std::string& key) {
    const std::string file = testing::TempDir() + "/tidemark_privacy.key";
    std::ofstream(file) << key << "\n";
    Specs read;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", "kafka: {brokers: \"b:9092\"}\ntopics: [crm]\nprivacy: {hash_key_file: " + file + "}\n" + yaml, &read, &diagnostics);
    if (!diagnostics.empty()) return Invalid(diagnostics.ToString());
    specs.kpis = std::move(read.kpis);
    specs.fields = std::move(read.fields);
    specs.privacy = std::move(read.privacy);
    return Status::Ok();
  }
  void Created(int64_t seconds, const std::string& id, const std::string& email, const std::string& phone) {
    Event e;
    e.mutable_lead_created()->mutable_lead()->set_id(id);
    e.mutable_lead_created()->mutable_contact()->set_email(email);
    e.mutable_lead_created()->mutable_contact()->set_phone(phone);
    Append(e, seconds, 0, "");
  }
  void Contacted(int64_t seconds, const std::string& id, const std::string& email) {
    Event e;
    e.mutable_lead_contacted()->mutable_lead()->set_id(id);
    e.mutable_lead_contacted()->mutable_contact()->set_email(email);
    Append(e, seconds, 0, "");
  }
  // How many stored keys and values this text is in.
  int Stored(const std::string& text) {
    int found = 0;
    for (const Family family : {Family::kMeta, Family::kRows, Family::kPanes, Family::kIds, Family::kEntities}) {
      const Status scanned = store.Scan(family, "", std::string(64, '\xff'), [&](std::string_view key, std::string_view value) {
        found += key.find(text) != std::string_view::npos || value.find(text) != std::string_view::npos ? 1 : 0;
        return true;
      });
      EXPECT_TRUE(scanned.ok());
    }
    return found;
  }
};

void Feed(PrivacyRig* rig) {
  rig->Created(1, "l1", "ada@example.org", "+49 30 901820");
  rig->Created(2, "l2", "ada@example.org", "");
  rig->Created(3, "l3", "bob@example.org", "");
  rig->Created(4, "l4", "", "");
  rig->Contacted(5, "l1", "bob@example.org");
}

void ExpectHashed(const PrivacyRig& rig) {
  EXPECT_EQ(rig.Value("leads", "lifetime", kAda), "2");
  EXPECT_EQ(rig.Value("leads", "1h", kBob), "1");
  EXPECT_EQ(rig.Value("leads", "lifetime", ""), "1") << "who gave none is nobody, not a hash of nothing";
  EXPECT_EQ(rig.Value("lines", "lifetime", std::string(kPhone) + "|" + kAda), "1") << "two hashes of one event";
  EXPECT_EQ(rig.Value("people", "lifetime"), "2");
  EXPECT_EQ(rig.Value("latest", "1h", kAda), "2");
  EXPECT_EQ(rig.Value("reached", "lifetime", std::string(kAda) + "|" + kBob + "|count"), "1");
  EXPECT_EQ(rig.Value("steps", "lifetime", std::string(kAda) + "|1_lead.created"), "2");
  EXPECT_EQ(rig.Value("now", "now", kBob), "2") << "l1 was corrected";
  EXPECT_EQ(rig.Value("now", "now", kAda), "1");
  EXPECT_EQ(rig.Value("numbers", "now"), "1");
  EXPECT_EQ(rig.Value("kept", "lifetime", kBob), "2");
  EXPECT_EQ(rig.Value("stuck", "now", kAda), "0");
}

TEST(Privacy, HashesAreAllThatIsShownAndStored) {
  PrivacyRig rig;
  const Status configured = rig.Configure(kAll, kKey);
  ASSERT_TRUE(configured.ok()) << configured.text();
  const Status started = rig.Start(0);
  ASSERT_TRUE(started.ok()) << started.text();
  Feed(&rig);
  ASSERT_TRUE(rig.RunAt(10).ok());
  ExpectHashed(rig);
  for (const char* text : {"ada@", "bob@", "example.org", "901820", kKey}) EXPECT_EQ(rig.Stored(text), 0) << text;
  EXPECT_GT(rig.Stored(kAda), 0);
  ASSERT_TRUE(rig.Start(20).ok());
  ExpectHashed(rig);
  rig.Created(30, "l5", "ada@example.org", "");
  ASSERT_TRUE(rig.RunAt(40).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime", kAda), "3") << "the same after a restart";
  ASSERT_TRUE(rig.RunAt(3'700).ok());
  EXPECT_EQ(rig.Value("stuck", "now", kAda), "2");
}

TEST(Privacy, AnotherKeyMakesAnotherKpi) {
  PrivacyRig rig;
  ASSERT_TRUE(rig.Configure(kAll, kKey).ok());
  ASSERT_TRUE(rig.Start(0).ok());
  Feed(&rig);
  ASSERT_TRUE(rig.RunAt(10).ok());
  ASSERT_TRUE(rig.Configure(kAll, kOtherKey).ok());
  ASSERT_TRUE(rig.Start(20).ok());
  rig.Created(30, "l5", "ada@example.org", "");
  ASSERT_TRUE(rig.RunAt(40).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime", kOtherAda), "1");
  EXPECT_EQ(rig.Value("leads", "lifetime", kAda), "none") << "counted under the old key, which nobody can add to any more";
  ASSERT_TRUE(rig.Configure(kAll, kKey).ok());
  ASSERT_TRUE(rig.Start(50).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime", kAda), "2") << "the old key, the old KPI";
}

TEST(Privacy, WithoutAHashAnAddressIsStored) {
  PrivacyRig rig;
  ASSERT_TRUE(rig.Configure("kpis: [{name: people, on: lead.created, distinct: contact.email, windows: [lifetime]}]", kKey).ok());
  ASSERT_TRUE(rig.Start(0).ok());
  Feed(&rig);
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Stored("ada@example.org"), 1) << "the ids that distinct counts, so the search above finds what is there";
}

TEST(Privacy, AHashIsOneFieldHoweverItIsWritten) {
  const auto fingerprint = [](const std::string& yaml, const char* key) {
    PrivacyRig rig;
    Diagnostics diagnostics;
    EXPECT_TRUE(rig.Configure(yaml, key).ok());
    const auto plan = Plan::Compile(rig.specs, Schema::Canonical(), &diagnostics);
    EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
    return plan == nullptr ? 0 : plan->kpis()[0].fingerprint;
  };
  const std::string kpi = "kpis: [{name: k, key: lead.id, on: lead.created, open: true, until: lead.lost, by: {a: ";
  const uint64_t one = fingerprint(kpi + "{field: contact.email, personal: hash}}}]", kKey);
  EXPECT_EQ(fingerprint(kpi + "who}}]\nfields: {who: hash(contact.email)}", kKey), one);
  EXPECT_EQ(fingerprint(kpi + "alias}}]\nfields: {who: hash(address), address: contact.email, alias: who}", kKey), one);
  EXPECT_NE(fingerprint(kpi + "who}}]\nfields: {who: hash(contact.phone)}", kKey), one);
  EXPECT_NE(fingerprint(kpi + "{field: contact.email, personal: allow}}}]", kKey), one);
  EXPECT_NE(fingerprint(kpi + "{field: contact.email, personal: hash}}}]", kOtherKey), one);
}

TEST(Privacy, WhatCannotBeHashedIsRefused) {
  const struct {
    const char* yaml;
    const char* said;
  } kRows[] = {
      {"kpis: [{name: k, on: lead.created, count: true, by: {a: {field: lead.score, personal: hash}}, windows: [1h]}]",
       "c.yaml:4:65: by: hash(lead.score): lead.score is a number; only text can be hashed\n"},
      {"kpis: [{name: k, on: lead.created, count: true, by: {a: {field: contact.emial, personal: hash}}, windows: [1h]}]",
       "c.yaml:4:65: by: hash(contact.emial): contact.emial is not a field of lead.created; did you mean contact.email?\n"},
      {"kpis: [{name: k, on: lead.created, sum: who, windows: [1h]}]\nfields: {who: hash(contact.email)}", "c.yaml:4:41: sum: who is not a number\n"},
      {"kpis: [{name: k, on: lead.created, count: true, windows: [1h]}]\nfields: {who: hash(contact.consent)}",
       "c.yaml:5:20: fields.who: contact.consent is true or false; only text can be hashed\n"},
  };
  for (const auto& row : kRows) {
    PrivacyRig rig;
    Diagnostics diagnostics;
    const Status configured = rig.Configure(row.yaml, kKey);
    ASSERT_TRUE(configured.ok()) << configured.text();
    EXPECT_EQ(Plan::Compile(rig.specs, Schema::Canonical(), &diagnostics), nullptr);
    EXPECT_EQ(diagnostics.ToString(), row.said);
  }
}

}  // namespace
}  // namespace tidemark
