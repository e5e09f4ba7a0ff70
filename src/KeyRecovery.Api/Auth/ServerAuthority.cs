using KeyRecovery.Api.Options;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// The <c>@authority</c> that requests are signed for: configured, or the loopback address that the server listens on.
/// Never taken from a request, or a signature made for another server would hold here.
/// </summary>
internal sealed class ServerAuthority(KeyRecoveryOptions options, IServer server)
{
    private readonly Lazy<string> _value = new(() => options.Authority ?? Bound(server));

    /// <summary><c>host[:port]</c>, known once the server listens.</summary>
    public string Value => _value.Value;

    private static string Bound(IServer server)
    {
        var loopback = server.Features.Get<IServerAddressesFeature>()
            ?.Addresses.FirstOrDefault(ListenAddresses.IsLoopback)
            ?? throw new InvalidOperationException($"{KeyRecoveryOptions.Section}:Authority is required.");
        return new Uri(loopback).Authority;
    }
}
