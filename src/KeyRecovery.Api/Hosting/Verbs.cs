using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Hosting;

/// <summary>The host's verbs. Exit codes: 0 done, 1 refused or failed with a message, 2 usage.</summary>
internal static class Verbs
{
    private const string Usage = """
        KeyRecovery.Api [VERB] [--urls URL] [--KeyRecovery:KEY VALUE]…

          serve   run the server (the default), at http://127.0.0.1:5080 unless --urls says otherwise
          init    make the data, key and ring directories
          check   check configuration and directories, and say what is wrong
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var named = args is [var first, ..] && !first.StartsWith('-');
        var verb = named ? args[0] : "serve";
        var rest = named ? args[1..] : args;
        if (rest.Any(argument => argument is "--help" or "-h")) verb = "help";
        try
        {
            switch (verb)
            {
                case "serve":
                    return await ServeVerb.RunAsync(rest);
                case "init":
                    return InitVerb.Run(rest);
                case "check":
                    return CheckVerb.Run(rest);
                case "help":
                    Console.Out.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (OptionsValidationException invalid)
        {
            foreach (var failure in invalid.Failures) Console.Error.WriteLine(failure);
            return 1;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }
}
