using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace KeyRecovery.Architecture.Tests;

/// <summary>References go one way: Protocol ← Service ← Storage.* ← Api, and Protocol ← Client ← Cli.</summary>
public class References
{
    private const string Protocol = "KeyRecovery.Protocol";
    private const string Service = "KeyRecovery.Service";
    private const string Api = "KeyRecovery.Api";
    private const string Client = "KeyRecovery.Client";
    private const string Injection = "KeyRecovery.Client.DependencyInjection";
    private const string Cli = "KeyRecovery.Cli";
    private const string StoragePrefix = "KeyRecovery.Storage.";
    private const string Files = StoragePrefix + "Files";

    private static readonly Dictionary<string, Project> Projects =
        Repository.Projects.ToDictionary(project => project.Name);

    private static readonly string[] WebOrDatabase =
        ["Microsoft.AspNetCore", "Microsoft.Data", "Microsoft.Azure", "SQLitePCLRaw", "Serilog", "OpenTelemetry"];

    public static TheoryData<string> Names => [.. Projects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_links_what_its_layer_allows_and_nothing_else(string name)
    {
        var project = Projects[name];
        Assert.True(IsAllowed(name, project.Projects), $"{name} links {string.Join(", ", project.Projects)}");
    }

    [Fact]
    public void The_layers_would_notice_a_wrong_reference()
    {
        Assert.False(IsAllowed(Service, [Client, Protocol]));
        Assert.False(IsAllowed(Client, [Protocol, Service]));
        Assert.False(IsAllowed(Protocol, [Service]));
        Assert.False(IsAllowed(Cli, [Api, Client]));
        Assert.False(IsAllowed(Client, [Injection, Protocol]));
        Assert.False(IsAllowed("KeyRecovery.Unheard", []));
        Assert.False(IsAllowed(Files, [Service, StoragePrefix + "Sqlite"]));
        Assert.False(IsAllowed(StoragePrefix + "Sqlite", [Service, StoragePrefix + "Other"]));
    }

    [Fact]
    public void Client_and_service_never_meet()
    {
        foreach (var project in Projects.Values)
        {
            var linked = Closure(project.Name);
            Assert.False(linked.Contains(Client) && linked.Contains(Service), $"{project.Name} links both");
        }

        Assert.Equal([Api, Protocol, Service],
            Closure(Api).Where(name => !name.StartsWith(StoragePrefix, StringComparison.Ordinal)).Order());
        Assert.Equal([Cli, Client, Protocol], Closure(Cli).Order());
    }

    [Fact]
    public void The_command_line_has_the_host_built_and_does_not_link_it() =>
    Assert.Equal([Api], Projects[Cli].BuiltOnly);

    [Fact]
    public void Service_knows_no_web_framework_and_no_database()
    {
        foreach (var name in new[] { Protocol, Service, Client })
        {
            Assert.Equal("Microsoft.NET.Sdk", Projects[name].Sdk);
            Assert.DoesNotContain(Projects[name].Packages, IsWebOrDatabase);
        }

        Assert.Contains(Projects["KeyRecovery.Storage.Sqlite"].Packages, IsWebOrDatabase);
    }

    [Fact]
    public void Protocol_is_built_with_its_banned_symbols()
    {
        var protocol = Projects[Protocol];
        Assert.Contains("BannedSymbols.txt", protocol.AdditionalFiles);
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", protocol.Packages);
        var banned = File.ReadAllText(Path.Combine(protocol.Folder, "BannedSymbols.txt"));
        foreach (var symbol in new[] { "Cryptography.RandomNumberGenerator;", "NSec.Cryptography.Key.Create(",
            "P:System.TimeProvider.System;", "N:System.IO;", "N:System.Net;" })
            Assert.Contains(symbol, banned, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Protocol, "static KeyRecovery.Protocol.")]
    [InlineData(Client, "static KeyRecovery.Result<")]
    [InlineData(Injection, "static Microsoft.Extensions.DependencyInjection.")]
    public void What_others_build_on_says_what_it_offers(string name, string beginning)
    {
        var project = Projects[name];
        Assert.Contains("Microsoft.CodeAnalysis.PublicApiAnalyzers", project.Packages);
        Assert.Contains("PublicAPI.Shipped.txt;PublicAPI.Unshipped.txt", project.AdditionalFiles);
        var offered = File.ReadAllLines(Path.Combine(project.Folder, "PublicAPI.Unshipped.txt"));
        Assert.Contains(offered, line => line.StartsWith(beginning, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_built_assembly_references_what_its_layer_allows(string name)
    {
        // Names differ from projects in one place: the command line's assembly is called as it is typed.
        var assembly = name == Cli ? "keyrecovery" : name;
        var built = Directory.Exists(Path.Combine(Projects[name].Folder, "bin"))
            ? Directory.GetFiles(
                Path.Combine(Projects[name].Folder, "bin"), $"{assembly}.dll", SearchOption.AllDirectories)
            : [];
        if (name == Protocol) Assert.NotEmpty(built);
        foreach (var path in built)
        {
            var references = ReferencesOf(path);
            Assert.Contains("System.Runtime", references);
            var allowed = Closure(name);
            Assert.All(references.Where(r => r.StartsWith("KeyRecovery.", StringComparison.Ordinal)),
                r => Assert.Contains(r, allowed));
            if (name is Protocol or Service or Client) Assert.DoesNotContain(references, IsWebOrDatabase);
        }
    }

    private static bool IsAllowed(string name, IReadOnlyList<string> linked) => name switch
    {
        Protocol => linked.Count == 0,
        Service or Client => linked is [Protocol],
        Cli or Injection => linked is [Client],
        Api => linked.Count > 0
            && linked.All(l => l == Service || l.StartsWith(StoragePrefix, StringComparison.Ordinal)),
        Files => linked is [Service],
        _ => name.StartsWith(StoragePrefix, StringComparison.Ordinal) && linked is [Service] or [Service, Files],
    };

    private static bool IsWebOrDatabase(string reference) =>
        WebOrDatabase.Any(part => reference.StartsWith(part, StringComparison.Ordinal));

    private static HashSet<string> Closure(string name) => [name, .. Projects[name].Projects.SelectMany(Closure)];

    private static IReadOnlyList<string> ReferencesOf(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return [
            .. metadata.AssemblyReferences.Select(
                handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)),
        ];
    }
}
