using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>A server as the page of operators has it published, portable and in a folder.</summary>
public class PublishedTests
{
    [HoursFact]
    [Trait("Category", "Hours")]
    public async Task What_the_page_publishes_for_a_witness_draws_its_key()
    {
        using var folder = new TempFolder();
        await PublishAsync("KeyRecovery.Cli", "/opt/keyrecovery-witness", folder);
        var (exit, told) = await Infra.RunAsync(
            "dotnet", folder["opt/keyrecovery.dll"], "audit", "witness-key", "--key", folder["key"], "--name",
            "witness.example.org/one");
        Assert.True(exit == 0, told);
        Assert.Contains("witness.example.org/one+", told, StringComparison.Ordinal);
    }

    [HoursFact]
    [Trait("Category", "Hours")]
    public async Task What_the_page_publishes_makes_its_folders_and_serves()
    {
        using var folder = new TempFolder();
        await PublishAsync("KeyRecovery.Api", "/opt/keyrecovery", folder);
        await using var machine = await BookMachine.StartAsync($"{folder["opt"]}/");
        await machine.StopServerAsync();
        await machine.DoAsync("check");
    }

    // By the page's own line, but for where.
    private static async Task PublishAsync(string project, string place, TempFolder folder)
    {
        var publish = $"dotnet publish src/{project} -c Release -o {place}";
        Assert.True(Page.Prints(publish));
        var (exit, told) = await Infra.RunAsync(TimeSpan.FromMinutes(20), "bash", "-c",
            publish.Replace("src/", $"{Infra.Folder}/../src/", StringComparison.Ordinal)
                .Replace(place, folder["opt"], StringComparison.Ordinal)
            + $" --artifacts-path {folder["artifacts"]} -nr:false -p:OpenApiGenerateDocuments=false");
        Assert.True(exit == 0, told);
    }
}
