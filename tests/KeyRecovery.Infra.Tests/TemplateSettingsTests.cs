using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>What templates set, a server knows: a real one is asked.</summary>
public partial class TemplateSettingsTests
{
    private const string Complaint = "KeyRecovery:LogLevel is one of";

    [Fact]
    public async Task The_clusters_settings_are_taken_and_one_that_nobody_knows_is_named()
    {
        var settings = KubernetesYaml.LoadAllFromString(
            await File.ReadAllTextAsync(Infra.Files("kubernetes", "keyrecovery.yaml").Single()), strict: true)
            .OfType<V1ConfigMap>().Single(map => map.Name() == "settings").Data
            .Where(setting => setting.Key.StartsWith("KeyRecovery__", StringComparison.Ordinal))
            .ToDictionary(setting => setting.Key, setting => setting.Value.Trim('<', '>'));
        // What is wrong in purpose is all that is told.
        settings["KeyRecovery__LogLevel"] = "None";
        var (exit, told) = await TryAsync(settings);
        Assert.Equal(1, exit);
        Assert.StartsWith(Complaint, Assert.Single(told.Trim().Split('\n')), StringComparison.Ordinal);

        settings["KeyRecovery__DrainSecond"] = "1";
        Assert.Contains("DrainSecond", (await TryAsync(settings)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_key_that_any_template_names_is_one()
    {
        var keys = Directory.EnumerateFiles(Infra.Folder, "*", SearchOption.AllDirectories)
            .SelectMany(file => Key().Matches(File.ReadAllText(file)).Select(match => match.Value)).Distinct().ToList();
        Assert.True(keys.Count > 20);
        // As text, number, URL or list, nothing is a key of what is not known: that is told before what a value is.
        var settings = keys.Where(key => !key.EndsWith("__", StringComparison.Ordinal)).ToDictionary(key => key, Value);
        settings["KeyRecovery__LogLevel"] = "None";
        var (exit, told) = await TryAsync(settings);
        Assert.Equal(1, exit);
        Assert.Contains(Complaint, told, StringComparison.Ordinal);
    }

    private static string Value(string key) =>
        key.EndsWith("__Kind", StringComparison.Ordinal) ? "ManagedIdentity"
        : key.EndsWith("__Store", StringComparison.Ordinal) ? "cosmos"
        : key.EndsWith("Seconds", StringComparison.Ordinal)
            || key.EndsWith("__Instances", StringComparison.Ordinal) ? "3"
        : key.EndsWith("__Endpoint", StringComparison.Ordinal) || key.EndsWith("Container", StringComparison.Ordinal)
            || key.EndsWith("__KeyVault", StringComparison.Ordinal) ? "https://name.example.org/" : "name";

    private static Task<(int ExitCode, string Output)> TryAsync(Dictionary<string, string> settings)
    {
        settings["ASPNETCORE_ENVIRONMENT"] = "Production";
        settings["ASPNETCORE_URLS"] = "http://0.0.0.0:0";
        return ServerProcess.RunAloneAsync(settings, "init");
    }

    [GeneratedRegex("KeyRecovery__[A-Za-z0-9_]+")]
    private static partial Regex Key();
}
