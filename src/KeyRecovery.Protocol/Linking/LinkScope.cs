using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// Which app and which server a device is configured for. Both sides bind the handshake to their own, so that a code of
/// another app or server leads nowhere.
/// </summary>
public sealed class LinkScope
{
    private const ulong Version = 1;

    /// <summary>Makes a scope of the device's own configuration, never of a code.</summary>
    /// <param name="appId">1–64 characters of <c>a-z 0-9 . -</c>.</param>
    /// <param name="server">An absolute address; scheme, host and port count.</param>
    public LinkScope(string appId, Uri server)
    {
        if (!AccountIds.IsAppId(appId)) Throw.Argument(nameof(appId), "1 to 64 characters of a-z 0-9 . -");
        if (!server.IsAbsoluteUri || server.Host.Length == 0)
            Throw.Argument(nameof(server), "an absolute address with a host");
        AppId = appId;
        Origin = OriginOf(server);
    }

    /// <summary>The app.</summary>
    public string AppId { get; }

    /// <summary>Scheme, host and port in lower case, without a default port: <c>https://keys.example.org</c>.</summary>
    public string Origin { get; }

    internal byte[] Prologue(LinkSessionId session) => new CborOut().Array(5)
        .Text(Labels.LinkPrologue).UInt(Version).Text(AppId).Text(Origin).Bytes(session.ToArray()).ToArray();

    // Uri has folded scheme and host to lower case already.
    private static string OriginOf(Uri server)
    {
        var host = server.HostNameType == UriHostNameType.IPv6 ? server.Host : server.IdnHost;
        return server.IsDefaultPort ? $"{server.Scheme}://{host}" : $"{server.Scheme}://{host}:{server.Port}";
    }

    /// <summary>App and origin.</summary>
    public override string ToString() => $"{AppId} at {Origin}";
}
