include(${PROJECT_SOURCE_DIR}/tests/broker/broker.cmake)

# Exit status 77: no real broker can be had here; the line printed says why.
tidemark_test(kafka_source_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kafka_source_test.cc
              LIBS tidemark_real_broker LABELS integration TIMEOUT 240)
set_tests_properties(kafka_source_test PROPERTIES SKIP_RETURN_CODE 77)

tidemark_test(kafka_mock_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kafka_mock_test.cc
              LIBS tidemark_kafka LABELS integration TIMEOUT 120)
