namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A host behind a proxy that lies: what clients sign is for the proxy's address.</summary>
public sealed class LiedToFixture : CliFixture
{
    /// <summary>Makes it.</summary>
    public LiedToFixture() => Proxy = new LyingProxy(() => Server.Address);

    /// <summary>Before the host.</summary>
    public LyingProxy Proxy { get; }

    /// <inheritdoc/>
    protected override IEnumerable<(string Key, string Value)> Settings => [("Authority", Proxy.Address.Authority)];

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await base.DisposeAsync();
    }
}
