namespace KeyRecovery.Api.Options.Reading;

/// <summary>The rules of the addresses for back ends and officers.</summary>
internal static class AdminUrlRules
{
    public static void Check(IList<string> urls, IConfiguration configuration, Failures failures)
    {
        if (urls.Count == 0) return;
        // These have the server's certificates, and where they are set the other addresses are not listened at.
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            failures.Add("AdminUrls", "does not go with Kestrel:Endpoints: name the server's own addresses by urls");
            return;
        }

        // Where the kernel chooses, it chooses apart.
        var ports = ListenAddresses.Of(configuration).Select(PortOf).Where(port => port is not (null or 0)).ToHashSet();
        for (var i = 0; i < urls.Count; i++)
        {
            if (PortOf(urls[i]) is not { } port)
                failures.Add($"AdminUrls:{i}", "is an address such as http://10.0.0.5:5090, without a path");
            else if (port != 0 && !ports.Add(port))
                failures.Add($"AdminUrls:{i}", "has the port of another address: which routes are served goes by it");
        }
    }

    private static int? PortOf(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is
                { Scheme: "http" or "https", PathBase: "", IsUnixPipe: false, IsNamedPipe: false } address
                ? address.Port : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
