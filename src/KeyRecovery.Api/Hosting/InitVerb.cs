namespace KeyRecovery.Api.Hosting;

/// <summary><c>init</c>: makes the three directories, readable by their owner alone. Harmless to repeat.</summary>
internal static class InitVerb
{
    public static int Run(string[] args)
    {
        var directories = Server.ReadOptions(args).Directories;
        directories.Create();
        foreach (var (name, path) in directories.Named) Console.Out.WriteLine($"{name,-8}{path}");
        return 0;
    }
}
