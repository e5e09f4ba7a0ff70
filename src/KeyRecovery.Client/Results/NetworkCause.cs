namespace KeyRecovery;

/// <summary>What stands between this device and the server, as far as the device can tell.</summary>
public enum NetworkCause
{
    /// <summary>None that it knows: the server itself, perhaps.</summary>
    Unknown,

    /// <summary>DNS knows no server of that name.</summary>
    NoSuchHost,

    /// <summary>The machine is there, and nothing listens at the port.</summary>
    NothingListens,

    /// <summary>No way leads there: the device is offline, perhaps.</summary>
    NoRoute,

    /// <summary>The proxy that the device is set to use cannot be reached.</summary>
    ProxyUnreachable,

    /// <summary>The proxy that the device is set to use does not connect to the server.</summary>
    ProxyRefuses,

    /// <summary>The server's certificate is for another name.</summary>
    CertificateName,

    /// <summary>The server's certificate is not valid at this time, by the device's clock.</summary>
    CertificateTime,

    /// <summary>The server's certificate is signed by nobody whom the device trusts.</summary>
    CertificateUntrusted,

    /// <summary>What answers does not speak TLS.</summary>
    NoTls,

    /// <summary>What answers does not speak HTTP: TLS, perhaps.</summary>
    NoHttp,

    /// <summary>A page came in place of an answer, as of a network that wants a log-in.</summary>
    LoginPage,

    /// <summary>Something between, or another server, has answered.</summary>
    Middlebox,

    /// <summary>The connection ended before the answer did.</summary>
    ConnectionLost,

    /// <summary>No answer came in time.</summary>
    TooLate,
}
