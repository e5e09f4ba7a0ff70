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
        const string Publish = "dotnet publish src/KeyRecovery.Cli -c Release -o /opt/keyrecovery-witness";
        Assert.True(Page.Prints(Publish));
        using var folder = new TempFolder();
        var (exit, told) = await Infra.RunAsync(TimeSpan.FromMinutes(20), "bash", "-c",
            Publish.Replace("src/", $"{Infra.Folder}/../src/", StringComparison.Ordinal)
                .Replace("/opt/keyrecovery-witness", folder["opt"], StringComparison.Ordinal)
            + $" --artifacts-path {folder["artifacts"]} -nr:false -p:OpenApiGenerateDocuments=false");
        Assert.True(exit == 0, told);
        (exit, told) = await Infra.RunAsync(
            "dotnet", folder["opt/keyrecovery.dll"], "audit", "witness-key", "--key", folder["key"], "--name",
            "witness.example.org/one");
        Assert.True(exit == 0, told);
        Assert.Contains("witness.example.org/one+", told, StringComparison.Ordinal);
    }

    [HoursFact]
    [Trait("Category", "Hours")]
    public async Task What_the_page_publishes_makes_its_folders_and_serves()
    {
        const string Publish = "dotnet publish src/KeyRecovery.Api -c Release -o /opt/keyrecovery";
        Assert.True(Page.Prints(Publish));
        using var folder = new TempFolder();
        var (exit, told) = await Infra.RunAsync(TimeSpan.FromMinutes(20), "bash", "-c",
            Publish.Replace("src/", $"{Infra.Folder}/../src/", StringComparison.Ordinal)
                .Replace("/opt/keyrecovery", folder["opt"], StringComparison.Ordinal)
            + $" --artifacts-path {folder["artifacts"]} -nr:false -p:OpenApiGenerateDocuments=false");
        Assert.True(exit == 0, told);
        await using var machine = await BookMachine.StartAsync($"{folder["opt"]}/");
        await machine.StopServerAsync();
        await machine.DoAsync("check");
    }
}
