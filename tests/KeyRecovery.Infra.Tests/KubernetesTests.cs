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
        Assert.Equal(13, Objects(Manifest).Count);
        Assert.ThrowsAny<Exception>(
            () => Objects(Manifest.Replace("readinessProbe", "readynessProbe", StringComparison.Ordinal)));
    }

    [Fact]
    public void Three_instances_run_as_nobody_with_nothing_to_write_to_and_are_asked_whether_they_serve()
    {
        var deployment = Assert.Single(Objects(Manifest).OfType<V1Deployment>()).Spec;
        var settings = Assert.Single(Objects(Manifest).OfType<V1ConfigMap>(), map => map.Name() == "settings").Data;
        Assert.Equal(3, deployment.Replicas);
        Assert.Equal("3", settings["KeyRecovery__Instances"]);
        var pod = deployment.Template.Spec;
        var container = Assert.Single(pod.Containers);
        Assert.All(
            [container.StartupProbe, container.LivenessProbe, container.ReadinessProbe],
            probe => Assert.StartsWith("/health/", probe.HttpGet.Path, StringComparison.Ordinal));
        // What is under way is ended before the pod is.
        Assert.True(pod.TerminationGracePeriodSeconds > 20 + int.Parse(
            settings["KeyRecovery__DrainSeconds"], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Whatever_runs_is_nobody_may_nothing_and_has_a_place_for_all_that_it_writes()
    {
        var settings = Assert.Single(Objects(Manifest).OfType<V1ConfigMap>(), map => map.Name() == "settings").Data;
        V1PodSpec[] pods =
        [
            Assert.Single(Objects(Manifest).OfType<V1Deployment>()).Spec.Template.Spec,
            .. Objects(Manifest).OfType<V1CronJob>().Select(job => job.Spec.JobTemplate.Spec.Template.Spec),
        ];
        Assert.Equal(3, pods.Length);
        var claims = Objects(Manifest).OfType<V1PersistentVolumeClaim>().Select(claim => claim.Name()).ToHashSet();
        foreach (var pod in pods)
        {
            Assert.True(pod.SecurityContext.RunAsNonRoot);
            Assert.Equal(1654, pod.SecurityContext.RunAsUser);
            Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
            Assert.False(pod.AutomountServiceAccountToken);
            var container = Assert.Single(pod.Containers);
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.NotNull(container.Resources.Limits["memory"]);
            Assert.Equal("settings", Assert.Single(container.EnvFrom).ConfigMapRef.Name);
            // Each of its folders is a volume, which is there; the root is none.
            var writable = container.VolumeMounts.Where(mount => mount.ReadOnlyProperty != true)
                .Select(mount => mount.MountPath).ToList();
            Assert.Contains(settings["KeyRecovery__DataDirectory"], writable);
            Assert.Equal(
                pod.Volumes.Select(volume => volume.Name).Order(StringComparer.Ordinal),
                container.VolumeMounts.Select(mount => mount.Name).Order(StringComparer.Ordinal));
            Assert.All(
                pod.Volumes.Where(volume => volume.PersistentVolumeClaim is not null),
                volume => Assert.Contains(volume.PersistentVolumeClaim.ClaimName, claims));
            if (container.Args[0] != "migrate")
            {
                Assert.Contains(settings["KeyRecovery__Backup__EscrowDirectory"], writable);
                Assert.Contains(
                    Path.GetDirectoryName(settings["KeyRecovery__Backup__OfflineKeyFile"]),
                    container.VolumeMounts.Select(mount => mount.MountPath));
            }
        }
    }

    [Fact]
    public void A_set_of_the_keys_is_made_every_hour_and_stores_are_changed_by_hand_alone()
    {
        var jobs = Objects(Manifest).OfType<V1CronJob>().ToDictionary(job => job.Name(), job => job.Spec);
        Assert.Equal(["backup", "migrate"], jobs.Keys.Order(StringComparer.Ordinal));
        Assert.True(jobs["migrate"].Suspend);
        Assert.Equal(["migrate"], jobs["migrate"].JobTemplate.Spec.Template.Spec.Containers.Single().Args);
        var backup = jobs["backup"];
        Assert.True(backup.Suspend is null or false);
        Assert.Matches("^[0-9]{1,2} [*] [*] [*] [*]$", backup.Schedule);
        Assert.Equal("Forbid", backup.ConcurrencyPolicy);
        Assert.InRange(backup.JobTemplate.Spec.ActiveDeadlineSeconds!.Value, 600, 3_600);
        Assert.Equal(
            BackupJobTests.BicepArguments(),
            backup.JobTemplate.Spec.Template.Spec.Containers.Single().Args);
    }

    [Fact]
    public void No_secret_stands_in_it_and_every_name_is_a_place_for_one()
    {
        Assert.Empty(Objects(Manifest).OfType<V1Secret>());
        var settings = Assert.Single(Objects(Manifest).OfType<V1ConfigMap>(), map => map.Name() == "settings").Data;
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
        var policies = Objects(Manifest).OfType<V1NetworkPolicy>().ToDictionary(one => one.Name(), one => one.Spec);
        Assert.Equal(2, policies.Count);
        // Of all that runs there: nobody comes in, and what goes out is named. The server's own adds who comes in.
        var everybody = policies["everybody"];
        Assert.True(everybody.PodSelector.MatchLabels is null or { Count: 0 });
        Assert.Equal(["Ingress", "Egress"], everybody.PolicyTypes);
        Assert.True(everybody.Ingress is null or { Count: 0 });
        var policy = policies["server"];
        Assert.Equal(["Ingress"], policy.PolicyTypes);
        Assert.Equal(
            [("ingress", "5080"), ("monitoring", "9464")], policy.Ingress.Select(rule => (
                Assert.Single(rule.FromProperty).NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"],
                Assert.Single(rule.Ports).Port.Value)));
        var outside = Assert.Single(everybody.Egress.SelectMany(rule => rule.To), to => to.IpBlock is not null).IpBlock;
        Assert.Contains("169.254.0.0/16", outside.Except);
        // As the platform documents its direct transport.
        Assert.Contains(everybody.Egress.SelectMany(rule => rule.Ports), port =>
            (port.Port.Value, port.EndPort) == ("10000", 20_000));
    }

    [GeneratedRegex("(RootKey|RootKeyNext|ClientSecret|__Key)$")]
    private static partial Regex SecretName();
}
