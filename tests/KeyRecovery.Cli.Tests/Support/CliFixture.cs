using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>One real host process for the tests of the project, and homes for them.</summary>
public class CliFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private int _homes;

    /// <summary>The host.</summary>
    public ServerProcess Server { get; private set; } = null!;

    /// <summary>Keys below <c>KeyRecovery</c>.</summary>
    protected virtual IEnumerable<(string Key, string Value)> Settings => [];

    /// <inheritdoc/>
    public async Task InitializeAsync() =>
        Server = await ServerProcess.StartAsync(_folder["data"], 0, [.. Settings]);

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A path of the tests' own.</summary>
    public string NewPath(string ending = "") => _folder[$"{Interlocked.Increment(ref _homes)}{ending}"];

    /// <summary>A command line with an empty home.</summary>
    public CommandLine NewDevice() => new(Address, NewPath()) { Executable = Executable };

    /// <summary>The build that it is of: see there.</summary>
    protected virtual string? Executable => CommandLine.Ahead;

    /// <summary>Where the command line finds it.</summary>
    public virtual Uri Address => Server.Address;

    /// <summary>A file with a token for a new user.</summary>
    public async Task<string> NewTokenAsync()
    {
        var path = NewPath(".token");
        await File.WriteAllTextAsync(path, await Server.TokenAsync(Canary.NewText()));
        return path;
    }

    /// <summary>A device with an account, and its recovery code.</summary>
    public async Task<(CommandLine Device, string Code)> NewAccountAsync(string name = "phone")
    {
        var device = NewDevice();
        var created = await device.RunAsync(
            "account", "create", "--code", "--name", name, "--token", await NewTokenAsync(), "--json");
        return (device, created.Ended(0).Text("code"));
    }

    /// <summary>A file with some content.</summary>
    public async Task<string> NewFileAsync(byte[] content)
    {
        var path = NewPath(".bin");
        await File.WriteAllBytesAsync(path, content);
        return path;
    }
}
