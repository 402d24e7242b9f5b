internal import BuildspecApp

await BuildspecCommand.main()
