namespace KeyRecovery.Cli.Invocation;

/// <summary>What a person does about a network that is in the way.</summary>
internal static class NetworkText
{
    public static string[] Advice(NetworkCause cause) => cause switch
    {
        NetworkCause.NoSuchHost => ["Is it spelled right? The recovery kit names the server. Is this machine online?"],
        NetworkCause.NothingListens => ["Is the port right, and does the server run?"],
        NetworkCause.NoRoute => ["Is this machine online?"],
        NetworkCause.ProxyUnreachable or NetworkCause.ProxyRefuses =>
            ["It is set in https_proxy, http_proxy or all_proxy; no_proxy leaves servers out."],
        NetworkCause.CertificateName =>
            ["No key was sent. Is it the right server, or does somebody stand in between? Whoever runs it can tell."],
        NetworkCause.CertificateTime =>
            ["No key was sent. Is this machine's clock right? Else whoever runs the server has to renew it."],
        NetworkCause.CertificateUntrusted =>
            ["No key was sent. A network may read along, or the server's own authority is not among those that this "
                + "machine trusts."],
        NetworkCause.NoTls => ["Does the server's address begin with http: and not https:?"],
        NetworkCause.NoHttp => ["Does the server's address begin with https: and not http:?"],
        NetworkCause.LoginPage => ["Open a page in a browser, log in to the network, and try again."],
        NetworkCause.Middlebox => ["Is the address right, host and port? Else it is a proxy's or a network's doing."],
        NetworkCause.ConnectionLost => ["Is the network steady? What was sent may be done: a second try finds out."],
        NetworkCause.TooLate =>
            ["The network or the server is slow. What was sent may be done: a second try finds out."],
        _ => [],
    };
}
