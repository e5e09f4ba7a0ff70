namespace KeyRecovery.Api.Hosting;

/// <summary><c>check</c>: says what would keep the server from starting, without starting it.</summary>
internal static class CheckVerb
{
    public static int Run(string[] args)
    {
        var findings = Server.ReadOptions(args).Directories.Findings().ToList();
        foreach (var finding in findings) Console.Error.WriteLine(finding);
        if (findings.Count == 0) Console.Out.WriteLine("ok");
        return findings.Count == 0 ? 0 : 1;
    }
}
