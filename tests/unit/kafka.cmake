tidemark_test(kafka_log_check_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kafka_log_check_test.cc
              LIBS tidemark_kafka LABELS unit)
tidemark_test(kafka_config_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kafka_config_test.cc
              LIBS tidemark_kafka LABELS unit)
