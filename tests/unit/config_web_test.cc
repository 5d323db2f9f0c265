#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/web_config.h"

namespace tidemark {
namespace {

constexpr const char* kHash = "$2y$10$hZr3os2K6OvukNJ8x6Rhb.pykowX6dqswaA4otTQ9ZBE5tFT.UN5u";

class WebConfigTest : public testing::Test {
 protected:
  WebConfigTest() : dir_(testing::TempDir() + "web_config." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    for (const char* name : {"cert", "key", "ca"}) Write(name, std::string("-----BEGIN ") + name + "-----\n");
    Write("empty", "");
  }
  ~WebConfigTest() override { std::filesystem::remove_all(dir_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(dir_ + "/" + name) << text; }
  // What is said about it, without the directory; the configuration is in config_.
  std::string Load(const std::string& yaml) {
    Write("web.yml", yaml);
    config_ = {};
    Diagnostics diagnostics;
    LoadWebConfig(dir_ + "/web.yml", &config_, &diagnostics);
    std::string text = diagnostics.ToString();
    for (size_t at; (at = text.find(dir_ + "/")) != std::string::npos;) text.erase(at, dir_.size() + 1);
    return text;
  }

  const std::string dir_;
  WebConfig config_;
};

// A file that is being written must not take the locks off.
TEST_F(WebConfigTest, AnEmptyMapAsksForNothingAndAnEmptyFileIsRefused) {
  for (const char* yaml : {"", "# nothing\n"}) EXPECT_EQ(Load(yaml), "web.yml: the file is empty\n") << yaml;
  EXPECT_EQ(Load("{}\n"), "");
  EXPECT_FALSE(config_.tls);
  EXPECT_TRUE(config_.users.empty());
}

TEST_F(WebConfigTest, FilesAreRelativeToItAndTheirContentsAreTaken) {
  ASSERT_EQ(Load(std::string("tls_server_config:\n  cert_file: cert\n  key_file: ") + dir_ +
                 "/key\n  client_ca_file: ca\n  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [prometheus]\n"
                 "http_server_config: {http2: true, headers: {X-Frame-Options: deny, Strict-Transport-Security: max-age=1}}\n"
                 "basic_auth_users: {alice: " + kHash + "}\n"),
            "");
  ASSERT_TRUE(config_.tls);
  EXPECT_EQ(config_.tls->cert_pem, "-----BEGIN cert-----\n");
  EXPECT_EQ(config_.tls->key_pem, "-----BEGIN key-----\n");
  EXPECT_EQ(config_.tls->client_ca_pem, "-----BEGIN ca-----\n");
  EXPECT_EQ(config_.tls->client_auth, ClientAuth::kRequireAndVerify);
  EXPECT_EQ(config_.tls->client_allowed_sans, std::vector<std::string>{"prometheus"});
  EXPECT_EQ(config_.users.at("alice"), kHash);
  EXPECT_EQ(config_.headers.size(), 2u);
  EXPECT_EQ(config_.files.size(), 4u);
}

TEST_F(WebConfigTest, VersionsSuitesAndCurvesBecomeAPriorityString) {
  const std::string tls = "tls_server_config:\n  cert_file: cert\n  key_file: key\n";
  ASSERT_EQ(Load(tls), "");
  EXPECT_EQ(config_.tls->priorities,
            "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+SIGN-ALL:"
            "+CTYPE-X509:+COMP-NULL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:%SERVER_PRECEDENCE");
  ASSERT_EQ(Load(tls + "  min_version: TLS12\n  max_version: TLS12\n  prefer_server_cipher_suites: false\n"
                       "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n  curve_preferences: [CurveP256]\n"),
            "");
  EXPECT_EQ(config_.tls->priorities,
            "NONE:+VERS-TLS1.2:+ECDHE-RSA:+AES-256-GCM:+AEAD:+SIGN-ALL:+CTYPE-X509:+COMP-NULL:+GROUP-SECP256R1");
}

TEST_F(WebConfigTest, MistakesAreNamedWhereTheyStand) {
  const std::string tls = "tls_server_config:\n  cert_file: cert\n  key_file: key\n";
  const std::pair<std::string, std::string> rows[] = {
      {"tls_server_confg: {}\n", "web.yml:1:1: unknown key \"tls_server_confg\"; did you mean \"tls_server_config\"?\n"},
      {"tls_server_config: {cert_file: cert}\n", "web.yml:1:20: tls_server_config: \"key_file\" is missing\n"},
      {"tls_server_config:\n  cert_file: nowhere\n  key_file: key\n",
       "web.yml:2:14: tls_server_config.cert_file: can't read \"nowhere\": No such file or directory\n"},
      {"tls_server_config:\n  cert_file: empty\n  key_file: key\n",
       "web.yml:2:14: tls_server_config.cert_file: \"empty\" is no PEM file: it should have -----BEGIN in it\n"},
      {tls + "  min_version: TLS10\n", "web.yml:4:16: tls_server_config.min_version: TLS 1.0 and 1.1 are not served any more; TLS12 or TLS13\n"},
      {tls + "  min_version: TLS13\n  max_version: TLS12\n", "web.yml:4:3: tls_server_config.min_version: is above max_version\n"},
      {tls + "  client_auth_type: RequireAnyClientCert\n",
       "web.yml:4:21: tls_server_config.client_auth_type: RequireAnyClientCert trusts a certificate that anybody can make for himself; "
       "VerifyClientCertIfGiven or RequireAndVerifyClientCert\n"},
      {tls + "  client_auth_type: RequireAndVerifyClientCert\n",
       "web.yml:4:3: tls_server_config.client_auth_type: needs client_ca_file: who signs the clients' certificates\n"},
      {tls + "  client_ca_file: ca\n",
       "web.yml:4:3: tls_server_config.client_ca_file: nobody is asked for a certificate; add client_auth_type: "
       "RequireAndVerifyClientCert\n"},
      {tls + "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n",
       "web.yml:4:18: tls_server_config.cipher_suites: these suites can't be had without TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256; name it "
       "too, or leave out what it is made of\n"},
      {"http_server_config: {headers: {X-Frame-Options: maybe}}\n",
       "web.yml:1:49: http_server_config.headers.X-Frame-Options: \"maybe\" is not allowed; deny, sameorigin\n"},
      {"http_server_config: {headers: {Content-Security-Policy: \"a\\nSet-Cookie: b\"}}\n",
       "web.yml:1:57: http_server_config.headers.Content-Security-Policy: a header is one line without control characters\n"},
      {"basic_auth_users: [alice]\n",
       "web.yml:1:19: basic_auth_users: should be a map of names to bcrypt hashes, as `htpasswd -nBC 10 NAME` prints them\n"},
      {"basic_auth_users: {alice: hunter2}\n",
       "web.yml:1:27: basic_auth_users.alice: is no bcrypt hash of cost 4 to 15; make one with `htpasswd -nBC 10 NAME`\n"},
      {"basic_auth_users: {\"\": x}\n", "web.yml:1:20: basic_auth_users.: a user's name is not empty and has no colon\n"},
      {"basic_auth_users: {\"a:b\": x}\n", "web.yml:1:20: basic_auth_users.a:b: a user's name is not empty and has no colon\n"},
  };
  for (const auto& [yaml, expected] : rows) EXPECT_EQ(Load(yaml), expected) << yaml;
}

TEST_F(WebConfigTest, OnlyHashesOfABearableCostAreTaken) {
  const std::string good = kHash;
  EXPECT_EQ(Load("basic_auth_users: {al: \"" + good + "\"}\n"), "");
  const auto with = [&](size_t at, const std::string& other) { return std::string(good).replace(at, other.size(), other); };
  for (const std::string& also : {with(2, "a"), with(2, "b"), with(4, "04"), with(4, "15")}) EXPECT_EQ(Load("basic_auth_users: {al: \"" + also + "\"}\n"), "") << also;
  for (const std::string& bad : {with(2, "x"), with(4, "03"), with(4, "16"), with(4, "0a"), with(4, "0/"), with(6, "-"), with(9, "-"), good.substr(1)}) {
    EXPECT_EQ(Load("basic_auth_users: {al: \"" + bad + "\"}\n"),
              "web.yml:1:24: basic_auth_users.al: is no bcrypt hash of cost 4 to 15; make one with `htpasswd -nBC 10 NAME`\n")
        << bad;
  }
}

TEST_F(WebConfigTest, WhatIsNoFileNoHeaderAndNoMapIsSaid) {
  Write("huge", "-----BEGIN huge-----\n" + std::string(8 << 20, 'x'));
  for (const char* yaml : {"tls_server_config: {cert_file: [cert], key_file: key}", "tls_server_config: {cert_file: huge, key_file: key}",
                                  "tls_server_config: {cert_file: cert, key_file: key, client_allowed_sans: [a]}", "tls_server_config: cert",
                                  "http_server_config: {headers: {X-Frame-Options: [deny]}}", "http_server_config: {headers: {Strict-Transport-Security: \"a\\nb\"}}",
                                  "http_server_config: {headers: {Strict-Transport-Security: \"a\\x7fb\"}}", "http_server_config: {headers: deny}"}) {
    const std::string said = Load(std::string(yaml) + "\n");
    EXPECT_TRUE(said.starts_with("web.yml:1:")) << yaml << ": " << said;
  }
}

// What is read is followed, also where it is wrong: putting it right is a change.
TEST_F(WebConfigTest, FilesAreKnownAlsoAfterAMistake) {
  Load("tls_server_config: {cert_file: nowhere, key_file: key}\n");
  ASSERT_EQ(config_.files.size(), 3u);
  EXPECT_EQ(config_.files[1].path, dir_ + "/nowhere");
}

TEST_F(WebConfigTest, AHashThatIsWrongIsNotShown) {
  const std::string bad = std::string(kHash) + "x";
  EXPECT_EQ(Load("basic_auth_users: {alice: " + bad + "}\n").find("hZr3"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
