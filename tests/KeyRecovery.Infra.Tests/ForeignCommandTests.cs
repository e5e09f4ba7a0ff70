using System.Text.RegularExpressions;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// Commands of the page for programs that ask a cloud, a cluster or Docker, none of which is here: that each is one of
/// those programs' with options that it has (by their reference pages, see <see cref="Known"/>), and names what the
/// templates make. Nothing of it was run.
/// </summary>
public sealed partial class ForeignCommandTests
{
    /// <summary>What begins such a line.</summary>
    public static readonly string[] Programs = ["az", "kubectl", "docker-compose"];

    // What is read, and how.
    private const string Asked = " --query --output";

    // Azure CLI 2.60, kubectl 1.30, docker-compose 1.29.
    private static readonly Dictionary<string, string> Known = new()
    {
        ["az login"] = "", ["az account set"] = "--subscription", ["az provider register"] = "--namespace --wait",
        ["az group create"] = "--name --location", ["az acr create"] = "--resource-group --name --sku",
        ["az acr login"] = "--name", ["az acr show"] = "--name" + Asked,
        ["az acr repository show"] = "--name --image" + Asked,
        ["az deployment group create"] = "--resource-group --name --parameters",
        ["az deployment group show"] = "--resource-group --name" + Asked,
        ["az role assignment create"] = "--role --assignee-object-id --assignee-principal-type --scope",
        ["az ad signed-in-user show"] = Asked, ["az keyvault show"] = "--name" + Asked,
        ["az keyvault secret set"] = "--vault-name --name --file --encoding" + Asked,
        ["az containerapp show"] = "--resource-group --name" + Asked,
        ["az containerapp logs show"] = "--resource-group --name --tail",
        ["az containerapp job start"] = "--resource-group --name",
        ["az containerapp job execution list"] = "--resource-group --name" + Asked,
        ["az containerapp hostname add"] = "--resource-group --name --hostname",
        ["az containerapp hostname bind"] = "--resource-group --name --hostname --environment --validation-method",
        ["az containerapp env certificate list"] = "--resource-group --name --managed-certificates-only" + Asked,
        ["az containerapp revision list"] = "--resource-group --name" + Asked,
        ["az containerapp revision activate"] = "--resource-group --name --revision",
        ["az containerapp revision deactivate"] = "--resource-group --name --revision",
        ["az storage file download-batch"] = "--account-name --source --pattern --destination",
        ["az identity federated-credential create"] = "--resource-group --identity-name --name --issuer --subject",
        ["kubectl apply"] = "-f", ["kubectl create job"] = "-n --from", ["kubectl wait"] = "-n --for --timeout",
        ["kubectl rollout restart"] = "-n", ["kubectl rollout status"] = "-n", ["kubectl logs"] = "-n",
        ["docker-compose config"] = "--quiet", ["docker-compose run"] = "--rm", ["docker-compose up"] = "-d",
        ["docker-compose exec"] = "-T",
    };

    private static List<string> Commands { get; } =
        [.. Page.Commands.Where(command => Programs.Contains(command.Split(' ')[0]))];

    private static string Templates { get; } = string.Concat(
        Directory.EnumerateFiles(Infra.Folder, "*.bicep*", SearchOption.AllDirectories).Select(File.ReadAllText));

    [Fact]
    public void Each_is_a_command_with_options_that_it_has()
    {
        Assert.True(Commands.Count > 40);
        Assert.All(Commands.SelectMany(Parts), command => Assert.True(IsKnown(command), command));
        Assert.All(Known.Keys, known => Assert.Contains(
            Commands.SelectMany(Parts), command => NameOf(command) == known));
        foreach (var wrong in (string[])[
            "az keyvault secret put --vault-name ROOTVAULT", "az group create --name keyrecovery --region REGION",
            "kubectl -n keyrecovery create jobs a --from=cronjob/b", "az deployment group create --name --file a",
        ])
            Assert.False(IsKnown(wrong), wrong);
    }

    [Fact]
    public async Task What_each_names_the_templates_make()
    {
        var outputs = (await BicepTests.TemplateAsync()).GetProperty("outputs").EnumerateObject()
            .Select(one => one.Name).ToHashSet();
        var asked = Commands.SelectMany(command => Output().Matches(command)).Select(one => one.Groups[1].Value)
            .ToList();
        Assert.True(asked.Count > 4);
        Assert.All(asked, name => Assert.Contains(name, outputs));

        // keys is the name in the parameters' file, and every name's begin.
        var names = Commands.SelectMany(command => OurName().Matches(command)).Select(one => one.Groups[1].Value)
            .Distinct().ToList();
        Assert.Equal(["backup", "environment", "migrate", "server"], names.Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Contains($"'${{name}}-{name}'", Templates, StringComparison.Ordinal));
        Assert.Contains("param name = 'keys'", Templates, StringComparison.Ordinal);
        Assert.Contains("param rootKeyName string = 'root-key'", Templates, StringComparison.Ordinal);

        var providers = Type().Matches(Templates).Select(one => one.Groups[1].Value).Distinct()
            // What every subscription has.
            .Except(["Microsoft.Authorization"]).Append("Microsoft.ContainerRegistry");
        Assert.Equal(
            providers.Order(StringComparer.Ordinal),
            Commands.SelectMany(command => Provider().Matches(command)).Select(one => one.Groups[1].Value)
                .Order(StringComparer.Ordinal));

        var manifest = await File.ReadAllTextAsync(Infra.Files("kubernetes", "keyrecovery.yaml").Single());
        foreach (var (kind, name) in Commands.SelectMany(command => Object().Matches(command))
            .Select(one => (one.Groups[1].Value, one.Groups[2].Value)).Distinct())
            Assert.Matches($"(?i)kind: {kind}\nmetadata:\n  name: {name}\n", manifest);
    }

    [Fact]
    public async Task The_parameters_go_with_the_template_and_one_of_another_kind_does_not()
    {
        var file = Path.Combine(Infra.Folder, "main.bicepparam");
        var (exit, told) = await Infra.RunAsync(Infra.Bicep, "build-params", file, "--stdout");
        Assert.True(exit == 0, told);
        Assert.DoesNotContain("Warning", told, StringComparison.Ordinal);
        // Those who leave the proxies out are told so before anything is made.
        using var folder = new TempFolder();
        var template = Path.GetRelativePath(folder.Path, Path.Combine(Infra.Folder, "main.bicep"));
        await File.WriteAllLinesAsync(folder["changed.bicepparam"], (await File.ReadAllLinesAsync(file)).Select(
            line => line.StartsWith("param proxies", StringComparison.Ordinal) ? "param proxies = []"
                : line.Replace("'main.bicep'", $"'{template}'", StringComparison.Ordinal)));
        (exit, told) = await Infra.RunAsync(Infra.Bicep, "build-params", folder["changed.bicepparam"], "--stdout");
        Assert.NotEqual(0, exit);
        Assert.Contains("length", told, StringComparison.Ordinal);
    }

    // What stands in "$(…)" is a command as well.
    private static IEnumerable<string> Parts(string command) =>
        Inner().Matches(command).Select(one => one.Groups[1].Value).Append(Inner().Replace(command, "X"));

    private static bool IsKnown(string command) =>
        Known.TryGetValue(NameOf(command), out var options)
        && Option().Matches(Quoted().Replace(command, "X")).Select(one => one.Groups[1].Value)
            .Where(option => !(command.StartsWith("docker-compose", StringComparison.Ordinal)
                && Array.IndexOf(command.Split(' '), option) > Array.IndexOf(command.Split(' '), "server")))
            .All(options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains);

    // The words before the first option or name.
    private static string NameOf(string command) => Known.Keys.Where(known =>
        $"{command.Replace("kubectl -n keyrecovery ", "kubectl ", StringComparison.Ordinal)} "
            .StartsWith($"{known} ", StringComparison.Ordinal)).MaxBy(known => known.Length) ?? "";

    [GeneratedRegex(@"""\$\(([^)]*)\)""")]
    private static partial Regex Inner();

    [GeneratedRegex("\"[^\"]*\"|'[^']*'")]
    private static partial Regex Quoted();

    [GeneratedRegex("(?<= )(--?[a-z][a-z-]*|-T)(?=[ =]|$)")]
    private static partial Regex Option();

    [GeneratedRegex(@"properties\.outputs\.([A-Za-z]+)\.value")]
    private static partial Regex Output();

    [GeneratedRegex(@"(?:--name|--environment|--identity-name) keys-([a-z]+)")]
    private static partial Regex OurName();

    [GeneratedRegex(@"'(Microsoft\.[A-Za-z]+)/")]
    private static partial Regex Type();

    [GeneratedRegex(@"--namespace (Microsoft\.[A-Za-z]+)")]
    private static partial Regex Provider();

    [GeneratedRegex("(cronjob|deployment)/([a-z]+)")]
    private static partial Regex Object();
}
