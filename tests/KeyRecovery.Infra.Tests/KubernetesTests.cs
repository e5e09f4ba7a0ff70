using System.Text.RegularExpressions;
using k8s;
using k8s.Models;

namespace KeyRecovery.Infra.Tests;

/// <summary>The objects for a cluster, read strictly through a client's models.</summary>
public partial class KubernetesTests
{
    private static string Manifest { get; } =
        File.ReadAllText(Infra.Files("kubernetes", "keyrecovery.yaml").Single());

    private static List<object> Objects(string yaml) => KubernetesYaml.LoadAllFromString(yaml, strict: true);

    [Fact]
    public void Each_object_is_read_and_a_mistyped_field_is_not()
    {
        Assert.Equal(7, Objects(Manifest).Count);
        Assert.ThrowsAny<Exception>(
            () => Objects(Manifest.Replace("readinessProbe", "readynessProbe", StringComparison.Ordinal)));
    }

    [Fact]
    public void Three_instances_run_as_nobody_with_nothing_to_write_to_and_are_asked_whether_they_serve()
    {
        var deployment = Assert.Single(Objects(Manifest).OfType<V1Deployment>()).Spec;
        var settings = Assert.Single(Objects(Manifest).OfType<V1ConfigMap>()).Data;
        Assert.Equal(3, deployment.Replicas);
        Assert.Equal("3", settings["KeyRecovery__Instances"]);
        var pod = deployment.Template.Spec;
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal(1654, pod.SecurityContext.RunAsUser);
        var container = Assert.Single(pod.Containers);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.All(
            [container.StartupProbe, container.LivenessProbe, container.ReadinessProbe],
            probe => Assert.StartsWith("/health/", probe.HttpGet.Path, StringComparison.Ordinal));
        // What is under way is ended before the pod is.
        Assert.True(pod.TerminationGracePeriodSeconds > 20 + int.Parse(
            settings["KeyRecovery__DrainSeconds"], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void No_secret_stands_in_it_and_every_name_is_a_place_for_one()
    {
        Assert.Empty(Objects(Manifest).OfType<V1Secret>());
        var settings = Assert.Single(Objects(Manifest).OfType<V1ConfigMap>()).Data;
        Assert.All(settings.Keys, key => Assert.DoesNotMatch(SecretName(), key));
        Assert.Matches(SecretName(), "KeyRecovery__Ring__RootKey");
        Assert.All(
            settings.Where(setting => setting.Value.Contains("://", StringComparison.Ordinal)
                && setting.Value != "http://0.0.0.0:9464"),
            setting => Assert.Matches("^<.*>$", setting.Value));
    }

    [Fact]
    public void Nothing_but_the_ingress_reaches_it_and_it_does_not_ask_who_the_machine_is()
    {
        var policy = Assert.Single(Objects(Manifest).OfType<V1NetworkPolicy>()).Spec;
        Assert.Equal(["Ingress", "Egress"], policy.PolicyTypes);
        Assert.Equal(
            [("ingress", "5080"), ("monitoring", "9464")], policy.Ingress.Select(rule => (
                Assert.Single(rule.FromProperty).NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"],
                Assert.Single(rule.Ports).Port.Value)));
        var outside = Assert.Single(policy.Egress.SelectMany(rule => rule.To), to => to.IpBlock is not null).IpBlock;
        Assert.Contains("169.254.0.0/16", outside.Except);
        // As the platform documents its direct transport.
        Assert.Contains(policy.Egress.SelectMany(rule => rule.Ports), port =>
            (port.Port.Value, port.EndPort) == ("10000", 20_000));
    }

    [GeneratedRegex("(RootKey|RootKeyNext|ClientSecret|__Key)$")]
    private static partial Regex SecretName();
}
