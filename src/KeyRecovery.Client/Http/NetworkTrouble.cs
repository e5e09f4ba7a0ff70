using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace KeyRecovery.Client.Http;

/// <summary>One table from what the platform says of a connection to its cause, and the words for a person.</summary>
internal static class NetworkTrouble
{
    private const string LoginPage = "a page came in place of the server's answer, as of a network that wants a log-in";

    /// <summary>Why a request got no answer.</summary>
    /// <param name="error">What the platform says.</param>
    /// <param name="server">The server.</param>
    /// <param name="proxy">The proxy on the way, or null.</param>
    public static Answer.Unreachable Of(HttpRequestException error, Uri server, Uri? proxy)
    {
        var cause = CauseOf(error, server, proxy);
        return new Answer.Unreachable(Words(cause, $"{server.IdnHost}:{server.Port}", server, proxy), cause);
    }

    /// <summary>What a page, or an answer of no problem type, is.</summary>
    public static (NetworkCause Cause, string Words) Of(Answer.Problem said) => (int)said.Status switch
    {
        511 => (NetworkCause.LoginPage, LoginPage),
        < 400 or 401 or 403 or 407 when said.IsPage => (NetworkCause.LoginPage, LoginPage),
        404 or 405 => (NetworkCause.Middlebox, "what answers there is no KeyRecovery server"),
        407 => (NetworkCause.ProxyRefuses, "the proxy wants to know who asks (407)"),
        var status and >= 500 => (NetworkCause.Middlebox,
            string.Create(CultureInfo.InvariantCulture, $"the server, or a proxy before it, is in trouble ({status})")),
        var status => (NetworkCause.Middlebox, string.Create(CultureInfo.InvariantCulture,
            $"something between here and the server answered in its place ({status} {said.Status})")),
    };

    /// <summary>Judges a certificate as the platform does, and keeps why it is refused.</summary>
    public static bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
            ? true
            : throw new CertificateRefusedException(CauseOf(errors, chain));

    private static NetworkCause CauseOf(HttpRequestException error, Uri server, Uri? proxy)
    {
        if (Inner<CertificateRefusedException>(error) is { } refused) return refused.Cause;
        switch (error.HttpRequestError)
        {
            case HttpRequestError.ProxyTunnelError:
                return NetworkCause.ProxyRefuses;
            case HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError when proxy is not null:
                return NetworkCause.ProxyUnreachable;
            case HttpRequestError.NameResolutionError:
                return NetworkCause.NoSuchHost;
            case HttpRequestError.ConnectionError:
                return Inner<SocketException>(error)?.SocketErrorCode == SocketError.ConnectionRefused
                    ? NetworkCause.NothingListens : NetworkCause.NoRoute;
            case HttpRequestError.SecureConnectionError:
                // The app's own handler judged it, and says no more.
                return Inner<AuthenticationException>(error) is { } judged
                    && judged.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
                    ? NetworkCause.CertificateUntrusted : NetworkCause.NoTls;
            case HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded
                when server.Scheme == Uri.UriSchemeHttp:
                return NetworkCause.NoHttp;
            default:
                return NetworkCause.ConnectionLost;
        }
    }

    // The name first: whoever owns another certificate is another server, whatever else is wrong with it.
    private static NetworkCause CauseOf(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return NetworkCause.CertificateName;
        return chain is not null && chain.ChainStatus.Any(s => s.Status.HasFlag(X509ChainStatusFlags.NotTimeValid))
            ? NetworkCause.CertificateTime : NetworkCause.CertificateUntrusted;
    }

    private static string Words(NetworkCause cause, string where, Uri server, Uri? proxy) => cause switch
    {
        NetworkCause.NoSuchHost => $"there is no server of the name {server.IdnHost}",
        NetworkCause.NothingListens => $"nothing listens at {where}",
        NetworkCause.NoRoute => $"no way leads to {where}",
        NetworkCause.ProxyUnreachable =>
            $"the proxy {proxy?.Host}:{proxy?.Port} cannot be reached, by which this device goes",
        NetworkCause.ProxyRefuses => $"the proxy {proxy?.Host}:{proxy?.Port} does not connect to {where}",
        NetworkCause.CertificateName => $"the certificate at {where} is for another name",
        NetworkCause.CertificateTime => $"the certificate at {where} is not valid at this time",
        NetworkCause.CertificateUntrusted => $"the certificate at {where} is signed by nobody whom this device trusts",
        NetworkCause.NoTls => $"what answers at {where} does not speak TLS",
        NetworkCause.NoHttp => $"what answers at {where} does not speak HTTP",
        _ => $"the connection to {where} was lost",
    };

    private static T? Inner<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = error.InnerException)
            if (error is T found) return found;
        return null;
    }

    /// <summary>A certificate that the platform refuses, and why.</summary>
    private sealed class CertificateRefusedException(NetworkCause cause)
        : AuthenticationException("the server's certificate is refused")
    {
        public NetworkCause Cause => cause;
    }
}
