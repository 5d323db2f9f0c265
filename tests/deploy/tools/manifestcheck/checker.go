package main

import (
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

type checker struct {
	decoder  runtime.Decoder
	security policy.Evaluator
	schemas  map[string]*schema
}

func newChecker(schemas map[string]*schema) (*checker, error) {
	security, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	options := json.SerializerOptions{Yaml: true, Strict: true}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, options)
	return &checker{decoder, security, schemas}, nil
}

func (c *checker) check(document []byte) []string {
	var meta metav1.PartialObjectMetadata
	if err := yaml.Unmarshal(document, &meta); err != nil {
		return []string{"not YAML: " + err.Error()}
	}
	name := fmt.Sprintf("%s %s", meta.Kind, meta.Name)
	var findings []string
	if schema, ok := c.schemas[meta.APIVersion+" "+meta.Kind]; ok {
		findings = schema.check(document)
	} else {
		findings = c.checkBuiltIn(document)
	}
	for i, finding := range findings {
		findings[i] = name + ": " + finding
	}
	return findings
}

func (c *checker) checkBuiltIn(document []byte) []string {
	object, _, err := c.decoder.Decode(document, nil, nil)
	if err != nil {
		var several interface{ Errors() []error }
		if errors.As(err, &several) {
			return texts(several.Errors())
		}
		return []string{err.Error()}
	}
	template := podTemplate(object)
	if template == nil {
		return nil
	}
	version := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(c.security.EvaluatePod(version, &template.ObjectMeta, &template.Spec))
	if result.Allowed {
		return nil
	}
	return []string{"Pod Security restricted: " + result.ForbiddenDetail()}
}

func podTemplate(object runtime.Object) *corev1.PodTemplateSpec {
	switch o := object.(type) {
	case *corev1.Pod:
		return &corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	}
	return nil
}

func texts(errs []error) []string {
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}
