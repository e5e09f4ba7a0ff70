using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>The file for one machine.</summary>
public class ComposeTests
{
    private static string Compose { get; } = Path.Combine(Infra.Folder, "compose", "compose.yaml");

    [NeedsFact(Need.DockerCompose)]
    public async Task It_is_read_and_asks_for_the_image_and_the_name()
    {
        var (exit, told) = await ConfigAsync("IMAGE=keyrecovery", "NAME=keys.example.org");
        Assert.True(exit == 0, told);
        Assert.Contains("read_only: true", told, StringComparison.Ordinal);
        Assert.Contains("user: 1654:1654", told, StringComparison.Ordinal);

        (exit, told) = await ConfigAsync("NAME=keys.example.org");
        Assert.NotEqual(0, exit);
        Assert.Contains("the image, by its digest", told, StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output)> ConfigAsync(params string[] environment) =>
        Infra.RunAsync("env", [.. environment, "docker-compose", "--file", Compose, "config"]);
}
